"""The composition root: puts the record, its doors and the delivery together into one program, `vigilog`."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from safety.cli import app
from safety.cli.door import DELIVERY, IntoDemo, home, machine_faults, say, settings, system_doors, told_faults

if TYPE_CHECKING:
    from notifications.dispatcher import Delivered, Dispatcher
    from safety.home import Home

SWEEP_SECONDS = 5.0
DEMO_HOME = Path("vigilog-demo")
"""Where the demo lives unless VIGILOG_HOME says otherwise: never where a real log would be."""

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

    said = opened.settings
    channels: list[Channel] = [Maildir(said.home / "mail")]
    if said.smtp_url:
        channels.append(Smtp(said.smtp_url))
    owing = Owing(opened.journal, opened.views)
    return Dispatcher(opened.desk, owing, opened.directory, channels, sender=said.mail_from, link=said.public_url)


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Deliver one at a time from one home: two at once would send the same mail twice."""
    import fcntl  # noqa: PLC0415, keeps --help light

    from safety.home import Unusable  # noqa: PLC0415

    try:
        lock = (folder / "delivery.lock").open("w")
    except OSError as fault:
        raise Unusable(f"nothing can be delivered from {folder}: {fault.strerror}") from fault
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def deliver(opened: "Home") -> "list[Delivered]":
    """Pay once what is owed, and say what could not be paid: it is tried again."""
    with alone(opened.settings.home):
        receipts = dispatcher(opened).sweep()
    for receipt in receipts:
        if receipt.error is not None:
            say(f"{receipt.channel} did not take the message to {receipt.account}: {receipt.error}; it is tried again.")
    return receipts


@app.command("deliver")
def deliver_once(*, into_demo: IntoDemo = False) -> None:
    """Pay once what is owed, and leave."""
    with home(into_demo=into_demo) as opened:
        taken = {receipt.message for receipt in deliver(opened) if receipt.error is None}
        typer.echo(f"Messages delivered: {len(taken)}.")


@app.command()
def work(*, into_demo: IntoDemo = False) -> None:
    """Deliver what is owed until it is stopped: woken by every commit, and swept every few seconds."""
    import signal  # noqa: PLC0415, keeps --help light

    from notifications.scheduler import ticking  # noqa: PLC0415
    from notifications.worker import Worker  # noqa: PLC0415
    from safety.home import open_home  # noqa: PLC0415

    # Not `home`: that delivers on leaving, and whoever is told to stop must stop.
    with told_faults(), closing(open_home(settings(), system_doors(), into_demo=into_demo)) as opened:
        worker = Worker(opened.journal, lambda: deliver_or_say(opened))
        for told in (signal.SIGINT, signal.SIGTERM):
            signal.signal(told, lambda *_: worker.stop())
        scheduler = ticking(worker.wake, SWEEP_SECONDS)
        say(f"Delivering what the home {opened.settings.home} owes, until Ctrl-C or SIGTERM.")
        try:
            worker.run()
        finally:
            scheduler.shutdown(wait=False)
    say("Stopped; what is owed stays owed.")


def deliver_or_say(opened: "Home") -> None:
    """Pay once what is owed; where the machine refuses, say so: the next tick tries again."""
    try:
        deliver(opened)
    except machine_faults() as fault:
        say(f"{fault}; what is owed stays owed.")


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
    from safety.home import open_home  # noqa: PLC0415, keeps --help light
    from safety.web.serving import serve as serve_home  # noqa: PLC0415

    # Not `home`: that delivers on leaving, and whoever is told to stop must stop.
    with told_faults(), closing(open_home(settings(), system_doors(), into_demo=into_demo)) as opened:
        serve_home(opened, host, port, tell=say)


@app.command()
def demo(
    *,
    headless: Annotated[bool, typer.Option("--headless", help="Print the story and leave.")] = False,
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="Port of the web door; 0 takes a free one.")
    ] = 8000,
) -> None:
    """File the published record of NCT03265613 on a virtual clock, show what the program makes of it, and open the web door."""
    from notifications.demo.telling import tell  # noqa: PLC0415, keeps --help light
    from safety.home import open_home  # noqa: PLC0415
    from safety.web.serving import serve as serve_home  # noqa: PLC0415

    with told_faults():
        found = settings()
        there = found if "home" in found.model_fields_set else found.model_copy(update={"home": DEMO_HOME})
        tell(there, deliver)
        if headless:
            return
        with closing(open_home(there, system_doors(), into_demo=True)) as opened:
            serve_home(opened, "127.0.0.1", port, tell=say)
