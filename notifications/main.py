"""The composition root: puts the record, its doors and the delivery together into one program, `vigilog`."""

from contextlib import closing, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from safety.cli import app
from safety.cli.door import (
    DELIVERY,
    REFUSED,
    UNUSABLE_ARGUMENTS,
    IntoDemo,
    fail,
    home,
    say,
    settings,
    system_doors,
    told_faults,
)
from safety.cli.printing import Format, FormatOption, show

if TYPE_CHECKING:
    from notifications.handler import Delivered
    from safety.home import Home
    from safety.web.serving import Place

DEMO_HOME = Path("vigilog-demo")
"""Where the demo lives unless VIGILOG_HOME says otherwise: never where a real log would be."""
NIGHT_HOME = Path("vigilog-night")
"""The same of the night story."""

Only = Annotated[
    Literal["dispatcher", "worker", "ticks"] | None,
    typer.Option("--only", help="Run one part alone: one process a part, as many workers as you like."),
]

__all__ = ["app"]


@app.callback()
def compose() -> None:
    """The safety desk of a clinical trial: an immutable record, and everything that is computed from it."""
    DELIVERY.set(deliver)


def deliver(opened: "Home") -> "list[Delivered]":
    """Pay what is owed and due now, and say what could not be paid: it is tried again."""
    return paid(opened, at_once=False)


def paid(opened: "Home", reached: str | None = None, *, at_once: bool) -> "list[Delivered]":
    """Pay what is owed; `at_once`: also what is to be tried again later, `reached`: where this process serves the desk."""
    import asyncio  # noqa: PLC0415, keeps --help light

    from notifications.composition import dispatcher_here  # noqa: PLC0415
    from notifications.handler import failure  # noqa: PLC0415

    receipts = asyncio.run(dispatcher_here(opened, reached, at_once=at_once).sweep())
    if any(receipt.error is not None for receipt in receipts):
        # What failed may itself be owed to the operator: they hear of it now.
        receipts += asyncio.run(dispatcher_here(opened, reached).sweep())
    for receipt in receipts:
        if receipt.error is not None:
            say(failure(receipt))
    return receipts


@app.command("deliver")
def deliver_once(*, form: FormatOption = Format.TABLE, into_demo: IntoDemo = False) -> None:
    """Pay at once all that is owed, also what is to be tried again later, and leave."""
    with home(into_demo=into_demo) as opened:
        taken = {receipt.message for receipt in paid(opened, at_once=True) if receipt.error is None}
    found = {"delivered": len(taken)}
    show(found, [found], form, lambda: typer.echo(f"Messages delivered: {len(taken)}."))


@app.command()
def work(*, only: Only = None, into_demo: IntoDemo = False) -> None:
    """Deliver what is owed until it is stopped: woken by every commit, and swept every few seconds."""
    import asyncio  # noqa: PLC0415, keeps --help light

    from notifications.working import PARTS, Working  # noqa: PLC0415
    from safety.home import open_home  # noqa: PLC0415

    found = settings()
    if only == "worker" and found.broker_url is None:
        fail("A worker alone answers a broker's rings: name the broker in VIGILOG_BROKER_URL", UNUSABLE_ARGUMENTS)

    async def run(opened: "Home") -> None:
        working = Working(opened, PARTS if only is None else (only,), say)
        say(f"Delivering what the home {opened.settings.home} owes, until Ctrl-C or SIGTERM.")
        await working.run_until_signalled()

    # Not `home`: that delivers on leaving, and whoever is told to stop must stop.
    with told_faults(), closing(open_home(found, system_doors(), into_demo=into_demo)) as opened:
        asyncio.run(run(opened))
    say("Stopped; what is owed stays owed.")


@app.command()
def watchdog() -> None:
    """Look from outside whether delivery is alive; say over channels of its own what is wrong, and daily that all is quiet."""
    from notifications.watchdog import channels_of, watch  # noqa: PLC0415, keeps --help light

    with told_faults():
        found = settings()
        faults = watch(found, system_doors(), channels_of(found), typer.echo)
    for fault in faults:
        say(fault.sentence)
    if faults:
        raise typer.Exit(REFUSED)


@app.command()
def asyncapi() -> None:
    """Print the AsyncAPI document of what goes through the broker."""
    import json  # noqa: PLC0415, keeps --help light
    from importlib.metadata import version  # noqa: PLC0415

    from notifications.broker import document  # noqa: PLC0415

    typer.echo(json.dumps(document(version("vigilog")), indent=2, ensure_ascii=False))


@app.command()
def serve(
    *,
    host: Annotated[
        str, typer.Option("--host", help="Address to open; anything but this machine's own needs TLS before it.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="Port to open; 0 takes a free one.")] = 8000,
    deliver: Annotated[
        bool, typer.Option("--deliver", help="Do in this process also what `vigilog work` does in one of its own.")
    ] = False,
    into_demo: IntoDemo = False,
) -> None:
    """Open the desk in the browser and its API until it is stopped: worklist, cases, filing, history, administration.

    People reach it at the address it prints, or at VIGILOG_PUBLIC_URL where a proxy stands before it.
    """
    from safety.home import open_home  # noqa: PLC0415, keeps --help light

    # Not `home`: that delivers on leaving, and whoever is told to stop must stop.
    with told_faults(), closing(open_home(settings(), system_doors(), into_demo=into_demo)) as opened:
        open_door(opened, host, port, delivers=deliver)


def open_door(opened: "Home", host: str, port: int, *, delivers: bool) -> None:
    """Serve a home, and deliver beside it: what is delivered here leads to where the door really is."""
    from safety.web.serving import taken_at  # noqa: PLC0415, keeps --help light

    with taken_at(host, port) as place:
        serve_at(opened, place, delivers=delivers)


def serve_at(opened: "Home", place: "Place", *, delivers: bool) -> None:
    """Serve a home at a place that is taken, and deliver beside it."""
    from notifications.outward import outward_of  # noqa: PLC0415, keeps --help light
    from notifications.working import PARTS, beside  # noqa: PLC0415
    from safety.web.serving import serve as serve_home  # noqa: PLC0415

    with beside(opened, PARTS, say, place.reached) if delivers else nullcontext():
        serve_home(opened, place, tell=say, outward=outward_of(opened, place.reached))


@app.command()
def demo(
    story: Annotated[
        Literal["trial", "night"], typer.Argument(help="trial: NCT03265613; night: an SAE before a holiday.")
    ] = "trial",
    *,
    headless: Annotated[bool, typer.Option("--headless", help="Print the story and leave.")] = False,
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="Port of the web door; 0 takes a free one.")
    ] = 8000,
) -> None:
    """File NCT03265613 on a virtual clock, show what comes of it, open the web door; or live through a night and leave."""
    from notifications.demo.night_telling import tell_night  # noqa: PLC0415, keeps --help light
    from notifications.demo.telling import tell  # noqa: PLC0415
    from safety.home import open_home  # noqa: PLC0415

    with told_faults():
        found = settings()
        named = "home" in found.model_fields_set
        if story == "night":
            tell_night(found if named else found.model_copy(update={"home": NIGHT_HOME}), deliver)
            return
        there = found if named else found.model_copy(update={"home": DEMO_HOME})
        if headless:
            tell(there, deliver)
            return
        from safety.web.serving import taken_at  # noqa: PLC0415

        # Taken before anything is told: the mails of the story lead to the desk that opens after it.
        with taken_at("127.0.0.1", port) as place:
            tell(there, lambda home: paid(home, place.reached, at_once=False))
            with closing(open_home(there, system_doors(), into_demo=True)) as opened:
                serve_at(opened, place, delivers=True)
