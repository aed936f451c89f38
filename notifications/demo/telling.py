"""Tells the demo's story: what was filed, what it owed, who was told, and what the trial's primary outcome is, then and now."""

from collections.abc import Callable, Mapping, Sequence
from importlib.resources import files
from os import urandom
from pathlib import Path
from typing import Any

from rich.console import Console
from safety.journal.verification import verify

from notifications.demo.filing import INVESTIGATOR, SAFETY_OFFICER, Step, VirtualClock, story
from notifications.demo.record import TRIAL
from safety.aggregates.account import OPERATOR
from safety.cli.door import print_table
from safety.cli.shown import ALERTS, print_incidence, with_minutes
from safety.directory import Person
from safety.home import Doors, Home, Unusable, open_home
from safety.projections.at import At
from safety.projections.inbox import inbox
from safety.projections.incidence import incidence
from safety.projections.line_listing import line_listing
from safety.settings import Settings
from safety.values import moment

FILED = {"at": "Recorded (UTC)", "by": "By", "what": "What", "position": "Position"}
SHOWN = {"subject": "Subject", "number": "AE", "term": "Reported term", "onset": "Onset", "grade": "Grade"} | {
    "serious": "Serious",
    "causality": "Causality",
    "after_dose": "After dose",
}


def trial_file() -> str:
    """The trial file of NCT03265613: it comes with the project."""
    beside = Path(str(files("notifications"))).parent / "trials" / f"{TRIAL.lower()}.toml"
    if not beside.exists():
        raise Unusable(f"{beside.name} is not where the project keeps it; run the demo from a clone of the project")
    return beside.read_text(encoding="utf-8")


def tell(settings: Settings, deliver: Callable[[Home], object]) -> None:
    """File the record, unless this home holds it already, and tell the story from the log and its views."""
    clock = VirtualClock()
    ids = iter(range(1, 1_000))
    doors = Doors(clock=clock, salt=lambda: urandom(16), new_id=lambda: f"DEMO-{next(ids)}")
    home = open_home(settings, doors, purpose="demo")
    console = Console(highlight=False)
    try:
        if home.opened.purpose != "demo":
            raise Unusable(
                f"the home {settings.home} holds a real log; the demo needs a home of its own: set VIGILOG_HOME"
            )
        introduce(console, home)
        filed = [file(home, clock, step, deliver) for step in with_people(home, story(trial_file()))]
        show_filing(console, filed)
        show_escalation(console, home, filed)
        show_outcome(console, home, filed)
        show_checks(console, home)
        console.print(next_steps(settings.home))
    finally:
        home.close()


def with_people(home: Home, steps: Sequence[Step]) -> Sequence[Step]:
    """Put the demo's people into the directory: an alert must find somebody."""
    people = (
        Person(OPERATOR, "Demo operator", None, ("operator",)),
        Person(INVESTIGATOR, "Demo investigator", None, ("investigator",)),
        Person(SAFETY_OFFICER, "Demo safety officer", None, ("safety_officer",)),
    )
    for person in people:
        home.directory.put(person)
    return steps


def file(home: Home, clock: VirtualClock, step: Step, deliver: Callable[[Home], object]) -> dict[str, Any]:
    """Do one act at its virtual moment; the same demo in the same home does nothing twice."""
    clock.moment = max(step.at, clock.moment)
    done = home.desk.do(step.command, step.form, by=step.by, command_id=step.id)
    if any(event.TOPIC.startswith("alert.") for event in done.events) and not done.repeated:
        deliver(home)
    last = home.journal.page(done.positions.stop - 2, done.positions.stop - 1, 1)[0]
    return {
        "at": f"{moment(last.recorded_at):%Y-%m-%d %H:%M}",
        "by": step.by,
        "what": step.command.replace("_", " ").replace(".", ": "),
        "subject": step.form.__dict__.get("subject", ""),
        "position": done.positions.stop - 1,
        "alerts": sum(event.TOPIC.startswith("alert.") for event in done.events),
    }


def introduce(console: Console, home: Home) -> None:
    """Say what this is, and first of all what is made up."""
    console.print(f"[bold]{TRIAL}[/bold]: allogeneic AD-MSC in moderate to severe psoriasis, phase 1, seven subjects.")
    console.print(
        "[bold]RECONSTRUCTED[/bold]: the totals are published (Ann Transl Med 2021;9(22):1653); who had what, when, and"
    )
    console.print("six of the terms are made up to fit them and stand for nobody. The clock is virtual: 2017 to 2019.")
    console.print(
        f"Log: {home.settings.database_url or home.settings.home / 'log.db'} (a demo log; other commands refuse it).\n"
    )


def show_filing(console: Console, filed: Sequence[Mapping[str, Any]]) -> None:
    """Show the beginning of the record and its counts."""
    counts: dict[str, int] = {}
    for entry in filed:
        counts[entry["what"]] = counts.get(entry["what"], 0) + 1
    rows = [{"what": what, "count": count} for what, count in counts.items()]
    print_table("Filed through the desk, each act an event in the log", rows, {"what": "Command", "count": "Times"}, "")
    console.print()


def show_escalation(console: Console, home: Home, filed: Sequence[Mapping[str, Any]]) -> None:
    """Show the adverse event that became serious, and the alert that was owed in the same append."""
    escalated = next(entry for entry in filed if entry["alerts"])
    first = home.journal.page(escalated["position"] - 2, escalated["position"], 2)
    console.print(
        f"[bold]An SAE escalates[/bold] on {escalated['at']} UTC: subject {escalated['subject']} is taken to hospital."
    )
    console.print("One append, one moment:")
    for row in first:
        console.print(f"  position {row.position}  {row.topic}  {row.stream}", markup=False)
    with home.views.connect() as connection:
        alerts = inbox(connection, TRIAL, At(home.journal.head().position))["alerts"]
    print_table("Alerts", with_minutes(alerts, "raised_at"), ALERTS, "No alert was ever owed.")
    console.print(f"The mail lies in {home.settings.home / 'mail' / 'new'} (a maildir).\n")


def show_outcome(console: Console, home: Home, filed: Sequence[Mapping[str, Any]]) -> None:
    """Show the primary outcome now, the whole record, and the outcome as of two earlier moments."""
    head = home.journal.head().position
    home.views.catch_up(home.journal)
    with home.views.connect() as connection:
        rows = line_listing(connection, TRIAL, At(head))["rows"]
        print_table("Adverse events (terms of six AEs and the SAE are not published)", rows, SHOWN, "")
        console.print()
        console.print("[bold]Primary outcome[/bold]: treatment-related AEs and SAEs at 12 weeks +/- 3 days")
        print_incidence(incidence(connection, TRIAL, At(head), window="primary"))
        console.print("\n[bold]The whole record[/bold]: the SAE of the follow-up stays in the safety record")
        print_incidence(incidence(connection, TRIAL, At(head)))
        doses = [entry["position"] for entry in filed if entry["what"] == "dose: give"]
        console.print("\n[bold]As of earlier moments[/bold]: the same question to the log as it stood")
        earlier = {"after the 7th dose": doses[6], "after the last dose": doses[-1], "now": head}
        print_table("", [as_of(connection, name, at) for name, at in earlier.items()], AS_OF, "")
    console.print()


AS_OF = {
    "when": "As of",
    "position": "Position",
    "events": "AEs",
    "related": "Related AEs",
    "subjects": "Subjects with related AE",
    "interval": "Exact 95 % interval",
}


def as_of(connection: Any, name: str, position: int) -> dict[str, Any]:  # noqa: ANN401, an SQLAlchemy connection
    """The primary outcome at one position, in one row."""
    group = incidence(connection, TRIAL, At(position), window="primary")["groups"][0]
    related = group["measures"]["related"]
    interval = related["ci95"]
    return {
        "when": name,
        "position": position,
        "events": group["measures"]["teae"]["events"],
        "related": related["events"],
        "subjects": f"{related['subjects']} of {group['subjects']}",
        "interval": f"{100 * interval[0]:.1f} to {100 * interval[1]:.1f} %" if interval else "no subject yet",
    }


def show_checks(console: Console, home: Home) -> None:
    """Check the log and the views in front of the reader."""
    faults = list(verify(home.journal))
    differences = home.views.check(home.journal)
    sound = "sound" if not faults else f"NOT sound: {faults[0]}"
    equal = "equal a rebuild" if not differences else f"DIFFER: {differences[0]}"
    console.print(f"The log is {sound} ({home.journal.head().position} events); the views {equal}.")


def next_steps(home: Path) -> str:
    """What to try next."""
    return (
        "\nTry it yourself (say --into-demo, because this is a demo log):\n"
        f"  VIGILOG_HOME={home} python3 run.py vigilog incidence --trial {TRIAL} --window primary --as-of 2018-04-01 --into-demo\n"
        f"  VIGILOG_HOME={home} python3 run.py vigilog history S04 --into-demo\n"
        f"  VIGILOG_HOME={home} python3 run.py vigilog verify --into-demo\n"
        "The screens come with the web door; until then the story stops here."
    )
