"""The composition root: puts the record, its doors and the delivery together into one program, `vigilog`."""

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from safety.cli import app
from safety.cli.door import DELIVERY, IntoDemo, home, machine_faults, say, settings, system_doors, told_faults

if TYPE_CHECKING:
    from notifications.handler import Delivered
    from safety.home import Home

SWEEP_SECONDS = 5.0
DEMO_HOME = Path("vigilog-demo")
"""Where the demo lives unless VIGILOG_HOME says otherwise: never where a real log would be."""

__all__ = ["app"]


@app.callback()
def compose() -> None:
    """The safety desk of a clinical trial: an immutable record, and everything that is computed from it."""
    DELIVERY.set(deliver)


def deliver(opened: "Home") -> "list[Delivered]":
    """Pay what is owed and due now, and say what could not be paid: it is tried again."""
    return paid(opened, at_once=False)


def paid(opened: "Home", *, at_once: bool) -> "list[Delivered]":
    """Pay what is owed; `at_once`: also what is to be tried again later."""
    import asyncio  # noqa: PLC0415, keeps --help light

    from notifications.composition import dispatcher_here  # noqa: PLC0415

    receipts = asyncio.run(dispatcher_here(opened, at_once=at_once).sweep())
    if any(receipt.error is not None for receipt in receipts):
        # What failed may itself be owed to the operator: they hear of it now.
        receipts += asyncio.run(dispatcher_here(opened).sweep())
    for receipt in receipts:
        if receipt.error is not None:
            say(f"{receipt.channel} did not take the message to {receipt.account}: {receipt.error}; it is tried again.")
    return receipts


@app.command("deliver")
def deliver_once(*, into_demo: IntoDemo = False) -> None:
    """Pay at once all that is owed, also what is to be tried again later, and leave."""
    with home(into_demo=into_demo) as opened:
        taken = {receipt.message for receipt in paid(opened, at_once=True) if receipt.error is None}
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
    headless: Annotated[bool, typer.Option("--headless", help="Print the story and leave.")] = False,  # noqa: ARG001, until the web door exists both end here
    port: Annotated[int, typer.Option("--port", help="Port of the web door, once there is one.")] = 8000,  # noqa: ARG001, the same
) -> None:
    """File the published record of NCT03265613 on a virtual clock, and show what the program makes of it."""
    from notifications.demo.telling import tell  # noqa: PLC0415, keeps --help light

    with told_faults():
        found = settings()
        tell(found if "home" in found.model_fields_set else found.model_copy(update={"home": DEMO_HOME}), deliver)
