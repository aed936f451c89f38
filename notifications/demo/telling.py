"""Tells the demo's story: what was filed, what it owed, who was told, and what the trial's primary outcome is, then and now."""

from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from datetime import timedelta
from importlib.resources import files
from os import urandom
from pathlib import Path
from secrets import token_hex
from typing import Any

from rich.rule import Rule
from rich.text import Text

from notifications.demo.filing import (
    AUDITOR,
    ESCALATION,
    INVESTIGATOR,
    SAFETY_OFFICER,
    Step,
    VirtualClock,
    acknowledging,
    story,
)
from notifications.demo.record import TRIAL
from notifications.demo.reporting import acts, live
from safety.aggregates.account import OPERATOR
from safety.aggregates.periodic_report import REPORT_ISSUED
from safety.cli.counts import interval, print_incidence
from safety.cli.obligations import in_words
from safety.cli.printing import console, print_blank, print_notes, print_table
from safety.cli.shown import ALERTS, AUDIT, with_minutes
from safety.desk import OtherContent
from safety.directory import Person
from safety.home import Doors, Home, Unusable, open_home
from safety.journal.verification import verify
from safety.projections.at import At
from safety.projections.audit_trail import audit_trail
from safety.projections.inbox import inbox
from safety.projections.incidence import incidence
from safety.projections.line_listing import line_listing
from safety.projections.obligations import obligations
from safety.reports.due import due
from safety.settings import Settings
from safety.tick import reviews

FILED = {"what": "Command of the desk", "by": "By", "count": "Times"}
LISTED = {
    "subject": "Subject",
    "number": "AE",
    "term": "Reported term",
    "onset": "Onset",
    "after_dose": "Dose",
    "grade": "Grade",
    "causality": "Causality",
    "serious": "Serious",
}
DUE = {"obligation": "Obligation", "to": "To", "due": "Due", "timeliness": "Clock", "confidence": "Confidence"}
REPORTS = {
    "kind": "Report",
    "period": "Period ends",
    "to": "Recipients",
    "due_on": "Due",
    "state": "State",
    "punctuality": "In time",
}
AS_OF = {
    "when": "As of",
    "position": "Position",
    "events": "AEs",
    "related": "Related",
    "subjects": "Subjects with one",
    "interval": "Exact 95 % CI",
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
    doors = Doors(clock=clock, salt=lambda: urandom(16), new_id=lambda: token_hex(16))
    with closing(open_home(settings, doors, purpose="demo")) as home:
        if home.opened.purpose != "demo":
            raise Unusable(
                f"the home {settings.home} holds a real log; the demo needs a home of its own: set VIGILOG_HOME"
            )
        before = home.journal.head().position
        steps = story(trial_file())
        introduce_people(home)
        landed = lived(home, clock, steps, deliver)
        # Whatever an earlier run that was interrupted left owed.
        deliver(home)
        home.views.catch_up(home.journal)
        with home.views.connect() as connection:
            reviews(home.desk, connection, clock())
        introduce(home)
        show_filing(steps, added=home.journal.head().position - before)
        home.views.catch_up(home.journal)
        with home.views.connect() as connection:
            show_escalation(connection, home, steps, landed)
            show_outcome(connection, home, steps, landed)
            show_reports(connection, home)
        show_checks(home)
        show_next_steps(settings.home)


def introduce_people(home: Home) -> None:
    """Put the demo's people into the directory: an alert must find somebody."""
    for account, role in (
        (OPERATOR, "operator"),
        (INVESTIGATOR, "investigator"),
        (SAFETY_OFFICER, "safety_officer"),
        (AUDITOR, "auditor"),
    ):
        name = f"Demo {role.replace('_', ' ')}"
        home.directory.put(Person(account, name, None, (role,), () if account == OPERATOR else (TRIAL,)))


def file(home: Home, clock: VirtualClock, step: Step, deliver: Callable[[Home], object]) -> range:
    """Do one act at its virtual moment and give its positions; the same demo in the same home does nothing twice."""
    clock.moment = max(step.at, clock.moment)
    try:
        done = home.desk.do(step.command, step.form, by=step.by, command_id=step.id)
    except OtherContent as fault:
        raise Unusable(
            f"the home {home.settings.home} holds the demo of another version of the program; "
            "delete that folder, or name another in VIGILOG_HOME"
        ) from fault
    if any(event.TOPIC.startswith("alert.") for event in done.events) and not done.repeated:
        deliver(home)
    return done.positions


def filed(home: Home, clock: VirtualClock, step: Step, deliver: Callable[[Home], object]) -> range:
    """Do one act; a quarter of an hour after the escalation those who were told of it have seen it, and say so."""
    positions = file(home, clock, step, deliver)
    if step.id == ESCALATION:
        deliver(home)
        clock.moment = max(clock.moment, step.at + timedelta(minutes=15))
        for who, role in ((SAFETY_OFFICER, "safety_officer"), (INVESTIGATOR, "investigator")):
            for answer in acknowledging(TRIAL, who, "demo-seen", role)(home):
                file(home, clock, answer, deliver)
    return positions


def lived(home: Home, clock: VirtualClock, steps: Sequence[Step], deliver: Callable[[Home], object]) -> list[range]:
    """Do every act at its moment, and between them what is reported periodically; give the positions of each act."""
    ahead, landed = deque(acts(trial_file())), []
    for step in steps:
        while ahead and ahead[0].at <= step.at:
            live(home, clock, ahead.popleft(), deliver)
        landed.append(filed(home, clock, step, deliver))
    for act in ahead:
        live(home, clock, act, deliver)
    return landed


def section(title: str, words: str = "") -> None:
    """Begin a part of the story."""
    page = console()
    page.print()
    page.print(Rule(Text(title, style="bold"), align="left", style="dim"))
    if words:
        page.print(Text(words))
        page.print()


def introduce(home: Home) -> None:
    """Say what this is, and first of all what is made up."""
    console().print(Text(f"\n{TRIAL}: allogeneic AD-MSC in moderate to severe psoriasis", style="bold"))
    print_notes(
        {
            "Published": "phase 1, one arm, seven subjects, and the totals (Ann Transl Med 2021;9(22):1653)",
            "RECONSTRUCTED": "who had what, and when: made up to fit the totals, and standing for nobody; six adverse "
            "events and the SAE have no published term and get none",
            "Clock": "virtual, December 2017 to December 2019",
            "Log": f"{home.settings.database_url or home.settings.home / 'log.db'}; "
            "other commands refuse a demo log unless they are told --into-demo",
        }
    )


def show_filing(steps: Iterable[Step], *, added: int) -> None:
    """Show what was filed, by whom and how often."""
    section(
        "1  The record goes in",
        f"Each act goes through the desk, which decides it and puts it into the log as events: {added} were added now."
        if added
        else "This home holds the record already: every act was known by its id, and nothing was added.",
    )
    counts = Counter((step.command, step.by) for step in steps)
    rows = [{"what": what, "by": by, "count": count} for (what, by), count in counts.items()]
    print_table("", rows, FILED, "")


def show_escalation(connection: Any, home: Home, steps: Sequence[Step], landed: Sequence[range]) -> None:  # noqa: ANN401, SQLAlchemy's
    """Show the adverse event that became serious, the alert that was owed in the same append, and who was told."""
    escalated = next(n for n, step in enumerate(steps) if step.id == ESCALATION)
    first, last = landed[escalated].start, landed[escalated].stop - 1
    section(
        "2  An SAE escalates",
        f"Subject {steps[escalated].form.__dict__['subject']} is taken to hospital two days after an adverse event began. "
        f"The alert stands in the same append, positions {first} and {last}: neither is ever stored without the other. "
        "Delivery brings it to those on duty and its receipt back to the log; a quarter of an hour later they have seen it, and the same day "
        "every report that it made due is sent.",
    )
    at = At(home.journal.head().position)
    story_of_it = audit_trail(connection, at, after=first - 1, limit=2)
    print_table("", with_minutes(story_of_it, "recorded_at"), AUDIT, "")
    print_blank()
    owed = obligations(connection, TRIAL, at, home.doors.clock())["obligations"]
    rows = [in_words(row) | {"to": ", ".join(row["to"])} for row in owed]
    print_table("What it made due, under rules that the safety officer signed for", rows, DUE, "")
    print_blank()
    alerts = [one for one in inbox(connection, TRIAL, at)["alerts"] if one["rule"] != REPORT_ISSUED]
    print_table("Alerts", with_minutes(alerts, "raised_at"), ALERTS, "No alert was ever owed.")
    print_blank()
    print_notes({"The mail": f"{home.settings.home / 'mail' / 'new'}, a maildir; it carries codes and a link only"})


def show_outcome(connection: Any, home: Home, steps: Sequence[Step], landed: Sequence[range]) -> None:  # noqa: ANN401, SQLAlchemy's
    """Show the adverse events, the primary outcome, the whole record, and the outcome as of earlier moments."""
    head = home.journal.head().position
    section("3  The adverse events")
    rows = line_listing(connection, TRIAL, At(head))["rows"]
    print_table("", [row | {"onset": row["onset"][:10]} for row in rows], LISTED, "")
    section("4  The primary outcome", "Treatment-related AEs and SAEs at 12 weeks +/- 3 days, by the trial's rules.")
    print_incidence(incidence(connection, TRIAL, At(head), window="primary"))
    section("5  The whole record", "The SAE came in follow-up: in no primary outcome, but in the safety record.")
    print_incidence(incidence(connection, TRIAL, At(head)), rules=False)
    section("6  As of earlier moments", "The primary outcome of the log as it stood; later events never change it.")
    doses = [positions[-1] for step, positions in zip(steps, landed, strict=True) if step.command == "dose.give"]
    earlier = {"the 7th dose": doses[6], "the 14th dose": doses[13], "the last dose": doses[-1], "now": head}
    print_table("", [as_of(connection, name, at) for name, at in earlier.items()], AS_OF, "")


def as_of(connection: Any, name: str, position: int) -> Mapping[str, Any]:  # noqa: ANN401, SQLAlchemy's
    """The primary outcome at one position, in one row."""
    group = incidence(connection, TRIAL, At(position), window="primary")["groups"][0]
    related = group["measures"]["related"]
    return {
        "when": name,
        "position": position,
        "events": group["measures"]["teae"]["events"],
        "related": related["events"],
        "subjects": f"{related['subjects']} of {group['subjects']}",
        "interval": interval(related["ci95"]) or "nobody dosed yet",
    }


def show_reports(connection: Any, home: Home) -> None:  # noqa: ANN401, SQLAlchemy's
    """Show the periodic reports: what the log had at their lock points, when they were due, and when they were sent."""
    section(
        "7  The periodic reports",
        "Each was issued from the log as it stood at its lock point, and sent within its sixty days. The trial was over by "
        "then: its file was amended after the second, and owes no third.",
    )
    rows = due(connection, TRIAL, At(home.journal.head().position), home.journal, home.doors.clock())
    print_table("", [row | {"to": ", ".join(row["to"])} for row in rows], REPORTS, "")


def show_checks(home: Home) -> None:
    """Check the log and the views in front of the reader."""
    faults = list(verify(home.journal))
    differences = home.views.check(home.journal)
    section("8  Is all of this what was written?")
    print_notes(
        {
            "The log": f"NOT sound: {faults[0]}"
            if faults
            else f"sound, all {home.journal.head().position} events of it",
            "The views": f"DIFFERENT: {differences[0]}" if differences else "equal a rebuild from the log, row by row",
        }
    )


def show_next_steps(home: Path) -> None:
    """Say what to try next; a command is never folded, so that it can be copied."""
    section("Try it yourself")
    page = console()
    page.print(f"export VIGILOG_HOME={home}", soft_wrap=True)
    for command in (
        f"incidence --trial {TRIAL} --window primary --as-of 2018-04-01",
        "history S04",
        "rebuild --check",
        "verify",
    ):
        page.print(f"python3 run.py vigilog {command} --into-demo", soft_wrap=True)
