"""A trial to measure with: registered, with subjects of a given number of events, all through the product's own desk."""

import os
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from safety.aggregates.account import Added
from safety.aggregates.adverse_event import Reported
from safety.aggregates.deciding import Act, Form
from safety.aggregates.dose import Given
from safety.aggregates.rule_pack import Adopted
from safety.aggregates.subject import Enrolled
from safety.aggregates.trial import Definition, Registered
from safety.home import Doors, Home, open_home
from safety.journal import Decision
from safety.packaged import pack_texts
from safety.settings import Settings

TRIAL_FILE = Path(__file__).parent.parent / "trials" / "nct03265613.toml"
TRIAL = "BENCH"
DOORS = Doors(clock=lambda: datetime.now(UTC), salt=lambda: os.urandom(16), new_id=lambda: os.urandom(8).hex())


def serious_event(subject: str, number: int, trial: str = TRIAL) -> Reported:
    """A serious adverse event as an investigator files it."""
    return Reported.model_validate(
        {
            "trial": trial,
            "subject": subject,
            "number": number,
            "term": "Pyrexia after the second infusion",
            "started_on": "2018-04-02T14:00",
            "ended_on": "2018-04-03",
            "severity": "SEVERE",
            "grade": "3",
            "serious": "Y",
            "hospitalisation": "Y",
            "results_in_death": "N",
            "life_threatening": "N",
            "causality": "PROBABLE",
            "action_taken": "DRUG INTERRUPTED",
            "outcome": "RECOVERED/RESOLVED",
            "preferred_term": "Pyrexia",
            "system_organ_class": "General disorders and administration site conditions",
        }
    )


def mild_event(subject: str, number: int, trial: str = TRIAL) -> Reported:
    """An adverse event that owes nobody an alert."""
    quiet = {"serious": "N", "hospitalisation": None, "severity": "MILD", "grade": "1"}
    return serious_event(subject, number, trial).model_copy(update=quiet)


def home_at(folder: Path, database_url: str | None = None) -> Home:
    """Open a home with the trial registered in it."""
    home = open_home(Settings(home=folder, database_url=database_url), DOORS)
    text = TRIAL_FILE.read_text(encoding="utf-8")
    registered = Registered(trial=TRIAL, file=text, definition=Definition.from_toml(text))
    home.desk.do("trial.register", registered, by="OPERATOR", command_id="bench-trial")
    return home


def under_packs(home: Home, *packs: str) -> None:
    """Let packaged packs govern the trial, signed for by a safety officer."""
    officer = Added.model_validate({"account": "CHEN", "roles": ["safety_officer"], "trials": [TRIAL]})
    home.desk.do("account.add", officer, by="OPERATOR", command_id=DOORS.new_id())
    documents = [{"file": pack_texts()[pack]} for pack in packs]
    adopted = Adopted.model_validate({"trial": TRIAL, "packs": documents, "printed_name": "Chen Wei"})
    home.desk.do("trial.adopt_rule_pack", adopted, by="CHEN", command_id=DOORS.new_id())


def with_subjects(home: Home, codes: Iterable[str], events: int, trial: str = TRIAL) -> None:
    """Put subjects into the log whose streams hold so many events each: enrolment, a dose, mild adverse events."""
    act = Act("OPERATOR", "operator", DOORS.clock())
    command = DOORS.new_id()
    writes = [
        home.desk.encoded(form, n, act, command)
        for code in codes
        for n, form in enumerate(stream(code, events, trial), 1)
    ]
    home.journal.append(Decision(writes, command, digest=""))


def stream(code: str, events: int, trial: str) -> Iterator[Form]:
    """One subject's events."""
    named = {"trial": trial, "subject": code}
    yield Enrolled.model_validate({**named, "arm": "AD-MSC", "age": 50, "sex": "F"})
    yield Given.model_validate({**named, "number": 1, "treatment": "AD-MSC", "started_on": "2018-03-05"})
    yield from (mild_event(code, number, trial) for number in range(1, events - 1))
