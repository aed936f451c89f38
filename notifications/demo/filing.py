"""Files the demo's record: every entry at the virtual moment at which the site or the sponsor would have filed it."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from notifications.demo.record import (
    DOSE_DAYS,
    EVENTS,
    FOLLOW_UP_EVENT,
    HOSPITAL_DAY,
    SITE,
    SUBJECTS,
    TRIAL,
    DemoEvent,
    DemoSubject,
)
from safety.adopting import packaged_adoption
from safety.aggregates.account import OPERATOR, Added
from safety.aggregates.adverse_event import Reported, SeriousnessAssessed
from safety.aggregates.alert import Acknowledged
from safety.aggregates.deciding import Form
from safety.aggregates.dose import Given
from safety.aggregates.obligation import Submitted
from safety.aggregates.subject import Completed, Enrolled, Withdrawn
from safety.aggregates.trial import Definition, Registered
from safety.home import Home
from safety.projections.inbox import inbox

ZONE = ZoneInfo("Asia/Shanghai")
INVESTIGATOR, SAFETY_OFFICER, AUDITOR = "LIN", "CHEN", "ZHAO"
PROFILE = "CN-ADMSC-DEMO"
"""The union of the Chinese tracks that the trial may fall under; each rule applies from its own date."""
OWED_BY_THE_SITE = ("CN-SC-HALT", "CN-SC-24H", "CN-SC-24H-AUTH", "CN-EC-SITE", "CN07-24H", "CN03-INV")
OWED_BY_THE_SPONSOR = ("CN03-SPON",)
"""What the serious adverse event of 2018 makes due under those rules."""
ESCALATION = "demo-escalation"
FIRST_DOSE = {subject.code: subject.first_dose for subject in SUBJECTS}


class VirtualClock:
    """The present moment of the demo: what it is set to, and a little later at each look."""

    def __init__(self) -> None:
        """Begin before the trial."""
        self.moment = datetime(2017, 12, 1, 1, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        """The moment; never the same twice."""
        self.moment += timedelta(milliseconds=1)
        return self.moment


class Step(NamedTuple):
    """One act of the story: when, who, which command, with what form."""

    at: datetime
    by: str
    command: str
    form: Form
    id: str


def at(day: date, hour: int, minute: int = 0) -> datetime:
    """A moment of a day in Guangzhou."""
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=ZONE).astimezone(UTC)


def setting_up(trial_file: str) -> Iterator[Step]:
    """The trial, the people, and the rule packs, signed for by the safety officer."""
    registered = Registered(trial=TRIAL, file=trial_file, definition=Definition.from_toml(trial_file))
    yield Step(at(date(2017, 12, 4), 9), OPERATOR, "trial.register", registered, "demo-trial")
    people = ((INVESTIGATOR, "investigator"), (SAFETY_OFFICER, "safety_officer"))
    for account, role in people:
        added = Added.model_validate({"account": account, "roles": [role], "trials": [TRIAL]})
        yield Step(at(date(2017, 12, 4), 10), OPERATOR, "account.add", added, f"demo-account-{account}")
    yield adopting(TRIAL, registered.definition, at(date(2017, 12, 5), 9), "demo-packs")


def adopting(trial: str, definition: Definition, when: datetime, ident: str) -> Step:
    """The safety officer signs for the packs of the profile."""
    adopted = packaged_adoption(trial, [PROFILE], definition, when)
    signed = adopted.model_copy(update={"printed_name": "Chen, safety officer of the demonstration"})
    return Step(when, SAFETY_OFFICER, "trial.adopt_rule_pack", signed, ident)


def acknowledging(trial: str, who: str, name: str, role: str | None = None) -> Callable[[Home], Iterator[Step]]:
    """Somebody takes on everything that nobody has acknowledged, or what a role was told of it."""

    def steps(home: Home) -> Iterator[Step]:
        moment = home.doors.clock()
        home.views.catch_up(home.journal)
        with home.views.connect() as connection:
            alerts = inbox(connection, trial, home.views.now(connection))["alerts"]
        for alert in alerts:
            if alert["state"] == "sent" and alert["rung"] == 1 and role in {None, alert["role"]}:
                form = Acknowledged(trial=trial, alert=alert["id"])
                yield Step(moment, who, "alert.acknowledge", form, f"{name}-{alert['id']}")

    return steps


def treating() -> Iterator[Step]:
    """Enrolment and three infusions of each of the seven."""
    for subject in SUBJECTS:
        yield enrolment(subject)
        for number, offset in enumerate(DOSE_DAYS, 1):
            yield infusion(subject, number, offset)


def enrolment(subject: DemoSubject) -> Step:
    """A subject consents a week before its first dose."""
    consent = subject.first_dose - timedelta(days=7)
    said = {
        "trial": TRIAL,
        "subject": subject.code,
        "site": SITE,
        "age": subject.age,
        "sex": subject.sex,
        "weight_kg": subject.weight_kg,
        "arm": "AD-MSC",
        "actual_arm": "AD-MSC",
        "enrolled_on": consent.isoformat(),
    }
    form = Enrolled.model_validate(said)
    return Step(at(consent, 11), INVESTIGATOR, "subject.enrol", form, f"demo-enrol-{subject.code}")


def infusion(subject: DemoSubject, number: int, offset: int) -> Step:
    """A subject is given a dose, so many days after its first."""
    day = subject.first_dose + timedelta(days=offset)
    said = {
        "trial": TRIAL,
        "subject": subject.code,
        "number": number,
        "treatment": "AD-MSC",
        "route": "INTRAVENOUS",
        "started_on": f"{day}T09:30",
        "ended_on": f"{day}T10:15",
        "visit": f"WEEK {offset // 7}",
        "lot": f"ADMSC-{day:%y%m}-{subject.code}",
        "cells_per_kg": "500000",
        "viability_percent": "92",
        "interrupted": "N",
    }
    form = Given.model_validate(said)
    return Step(at(day, 11), INVESTIGATOR, "dose.give", form, f"demo-dose-{subject.code}-{number}")


def report(event: DemoEvent, ident: str, **beside: object) -> Step:
    """An investigator files an adverse event on the day the site hears of it."""
    onset = FIRST_DOSE[event.subject] + timedelta(days=event.day)
    heard = at(onset + timedelta(days=event.told), 15, 30)
    form = Reported.model_validate(
        {
            "trial": TRIAL,
            "subject": event.subject,
            "term": event.term,
            "preferred_term": event.term,
            "started_on": f"{onset}T14:00" if event.day in DOSE_DAYS else onset.isoformat(),
            "grade": event.grade,
            "serious": "N",
            "causality": event.causality,
            "after_dose": event.after_dose,
            "outcome": "RECOVERED/RESOLVED",
            "ended_on": (onset + timedelta(days=event.lasted)).isoformat(),
            "aware": {"at": heard, "zone": ZONE.key, "party": "site"},
            **beside,
        }
    )
    return Step(heard + timedelta(hours=1), INVESTIGATOR, "adverse_event.report", form, ident)


def happening() -> Iterator[Step]:
    """The sixteen adverse events of the treatment period."""
    for number, event in enumerate(EVENTS, 1):
        yield report(event, f"demo-ae-{number}")


def escalating() -> Iterator[Step]:
    """In follow-up: an adverse event that was not serious becomes so when the subject is taken to hospital."""
    unfinished = {"outcome": "NOT RECOVERED/NOT RESOLVED", "ended_on": None}
    yield report(FOLLOW_UP_EVENT, "demo-follow-up", **unfinished)
    day = FIRST_DOSE[FOLLOW_UP_EVENT.subject] + timedelta(days=HOSPITAL_DAY)
    number = 1 + sum(event.subject == FOLLOW_UP_EVENT.subject for event in EVENTS)
    form = SeriousnessAssessed.model_validate(
        {
            "trial": TRIAL,
            "subject": FOLLOW_UP_EVENT.subject,
            "number": number,
            "assessor": "investigator",
            "serious": "Y",
            "hospitalisation": "Y",
            "aware": {"at": at(day, 8, 40), "zone": ZONE.key, "party": "site"},
        }
    )
    yield Step(at(day, 9, 5), INVESTIGATOR, "adverse_event.assess_seriousness", form, ESCALATION)
    for rules, by, hour in ((OWED_BY_THE_SITE, INVESTIGATOR, 14), (OWED_BY_THE_SPONSOR, SAFETY_OFFICER, 16)):
        for rule in rules:
            sent = {"trial": TRIAL, "subject": FOLLOW_UP_EVENT.subject, "number": number, "obligation": f"{rule}/1"}
            submitted = Submitted.model_validate({**sent, "sent_at": at(day, hour)})
            yield Step(at(day, hour, 5), by, "obligation.submit", submitted, f"demo-sent-{rule}")


def ending() -> Iterator[Step]:
    """Four complete the trial, three leave it."""
    for subject in SUBJECTS:
        named = {"trial": TRIAL, "subject": subject.code}
        day = subject.first_dose + timedelta(days=364)
        if subject.code in {"S01", "S02", "S04", "S06"}:
            done = Completed.model_validate({**named, "completed_on": day.isoformat()})
            yield Step(at(day, 16), INVESTIGATOR, "subject.complete", done, f"demo-end-{subject.code}")
        else:
            left = Withdrawn.model_validate({**named, "mode": "follow_up", "withdrawn_on": day.isoformat()})
            yield Step(at(day, 16), INVESTIGATOR, "subject.withdraw", left, f"demo-end-{subject.code}")


def inspecting() -> Iterator[Step]:
    """An auditor comes when all is over."""
    added = Added.model_validate({"account": AUDITOR, "roles": ["auditor"], "trials": [TRIAL]})
    yield Step(at(date(2019, 4, 15), 9), OPERATOR, "account.add", added, f"demo-account-{AUDITOR}")


def story(trial_file: str) -> list[Step]:
    """Every act in the order in which it was filed."""
    acts = [*treating(), *happening(), *escalating(), *ending(), *inspecting()]
    return [*setting_up(trial_file), *sorted(acts, key=lambda step: step.at)]
