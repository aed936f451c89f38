"""The composition root: puts the record, its doors and the delivery together into one program, `vigilog`."""

from contextlib import closing
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING, Annotated

import typer

from safety.cli import app
from safety.cli.door import DELIVERY, IntoDemo, home

if TYPE_CHECKING:
    from notifications.dispatcher import Delivered, Dispatcher
    from safety.home import Home

SWEEP_SECONDS = 5.0

__all__ = ["app"]


@app.callback()
def compose() -> None:
    """The safety desk of a clinical trial: an immutable record, and everything that is computed from it."""
    DELIVERY.set(deliver)


def dispatcher(opened: "Home") -> "Dispatcher":
    """Put the delivery of a home together: a maildir always, e-mail where an SMTP server is named."""
    from notifications.channels import Channel, Maildir, Smtp  # noqa: PLC0415, keeps --help light
    from notifications.dispatcher import Dispatcher  # noqa: PLC0415
    from notifications.owing import Owing  # noqa: PLC0415

    settings = opened.settings
    channels: list[Channel] = [Maildir(settings.home / "mail")]
    if settings.smtp_url:
        channels.append(Smtp(settings.smtp_url))
    owing = Owing(opened.journal, opened.views)
    return Dispatcher(
        opened.desk, owing, opened.directory, channels, sender=settings.mail_from, link=settings.public_url
    )


def deliver(opened: "Home") -> "list[Delivered]":
    """Pay once what is owed, and say what could not be paid: it stays owed."""
    receipts = dispatcher(opened).sweep()
    for receipt in receipts:
        if receipt.error is not None:
            typer.echo(
                f"{receipt.channel} did not take the alert to {receipt.account}: {receipt.error}; it stays owed.",
                err=True,
            )
    return receipts


@app.command("deliver")
def deliver_once(*, into_demo: IntoDemo = False) -> None:
    """Pay once what is owed, and leave."""
    with home(into_demo=into_demo) as opened:
        receipts = deliver(opened)
        typer.echo(f"{sum(receipt.error is None for receipt in receipts)} messages delivered.")


@app.command()
def work(*, into_demo: IntoDemo = False) -> None:
    """Deliver what is owed until it is stopped: woken by every commit, and swept every few seconds."""
    with home(into_demo=into_demo) as opened:
        from notifications.scheduler import ticking  # noqa: PLC0415, keeps --help light
        from safety.journal import Unavailable  # noqa: PLC0415

        bell = Event()
        Thread(target=listen, args=(opened, bell), daemon=True).start()
        scheduler = ticking(bell.set, SWEEP_SECONDS)
        try:
            while bell.wait():
                bell.clear()
                try:
                    deliver(opened)
                except Unavailable as fault:
                    # What is owed stays owed: the next tick tries again.
                    typer.echo(str(fault), err=True)
        except KeyboardInterrupt:
            typer.echo("Stopped; what is owed stays owed.", err=True)
        finally:
            scheduler.shutdown(wait=False)


def listen(opened: "Home", bell: Event) -> None:
    """Ring at every commit of any process; where listening fails, the ticks go on."""
    from safety.journal import Unavailable  # noqa: PLC0415, keeps --help light

    position = 0
    while True:
        try:
            seen = opened.journal.wait(position, timeout=60)
        except Unavailable:
            return
        if seen > position:
            position = seen
            bell.set()


@app.command()
def serve(
    *,
    host: Annotated[
        str, typer.Option("--host", help="Address to open; anything but this machine's own needs TLS before it.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="Port to open; 0 takes a free one.")] = 8000,
    into_demo: IntoDemo = False,
) -> None:
    """Run the web door until it is stopped: health, numbers, and a page that says what the desk holds."""
    from safety.cli.door import say, settings, system_doors, told_faults  # noqa: PLC0415, keeps --help light
    from safety.home import open_home  # noqa: PLC0415
    from safety.web.serving import serve as serve_home  # noqa: PLC0415

    # Not `home`: that delivers on leaving, and whoever is told to stop must stop.
    with told_faults(), closing(open_home(settings(), system_doors(), into_demo=into_demo)) as opened:
        serve_home(opened, host, port, tell=say)


@app.command()
def demo(
    *,
    headless: Annotated[bool, typer.Option("--headless", help="Print the story and leave.")] = False,  # noqa: ARG001, until the web door exists both end here
    port: Annotated[int, typer.Option("--port", help="Port of the web door, once there is one.")] = 8000,  # noqa: ARG001, the same
) -> None:
    """File the published record of NCT03265613 on a virtual clock, and show what the program makes of it."""
    from notifications.demo.telling import tell  # noqa: PLC0415, keeps --help light
    from safety.cli.door import told_faults  # noqa: PLC0415
    from safety.settings import Settings  # noqa: PLC0415

    settings = Settings()
    if "home" not in settings.model_fields_set:
        settings = settings.model_copy(update={"home": Path("vigilog-demo")})
    with told_faults():
        tell(settings, deliver)
