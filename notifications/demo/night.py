"""The night story: a serious adverse event on a Friday before a holiday, a silent officer, a death, and every clock met."""

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from itertools import zip_longest
from typing import NamedTuple

from notifications.demo.filing import ZONE, Step, VirtualClock, acknowledging, adopting, at
from safety.aggregates.account import OPERATOR, Added
from safety.aggregates.adverse_event import FollowedUp, Reported
from safety.aggregates.dose import Given
from safety.aggregates.obligation import Submitted
from safety.aggregates.subject import Enrolled
from safety.aggregates.trial import Definition, Registered
from safety.directory import Person
from safety.home import Home
from safety.projections.obligations import obligations
from safety.tick import tick

TRIAL = "NIGHT"
INVESTIGATOR, OFFICER, DEPUTY, HEAD = "LIN", "CHEN", "ZHAO", "WU"
PEOPLE = {
    INVESTIGATOR: "investigator",
    OFFICER: "safety_officer",
    DEPUTY: "deputy_safety_officer",
    HEAD: "operator",
}
LADDER = """
[ladder]
urgent = [{ role = "deputy_safety_officer", after_minutes = 30 }, { role = "operator", after_minutes = 60 }]
"""
"""The deputy is whom the ladder asks when the safety officer stays silent."""
NAMED = {"trial": TRIAL, "subject": "S04"}
ABOUT = {**NAMED, "number": 1}
TICK = timedelta(minutes=5)

BEGINS = at(date(2019, 1, 7), 8)
FRIDAY = date(2019, 2, 1)
"""Spring Festival of 2019 was from Monday the 4th to Sunday the 10th of February."""


class Act(NamedTuple):
    """What somebody does at a moment of the story; what it is may depend on what the record holds by then."""

    at: datetime
    steps: Callable[[Home], Iterator[Step]]


def setting_up(trial_file: str) -> Callable[[Home], Iterator[Step]]:
    """The trial, its people, the rule packs signed for, one subject who has had the third infusion."""

    def steps(_: Home) -> Iterator[Step]:
        day = date(2019, 1, 7)
        file = trial_file + LADDER
        registered = Registered(trial=TRIAL, file=file, definition=Definition.from_toml(file))
        yield Step(at(day, 9), OPERATOR, "trial.register", registered, "night-trial")
        for account, role in PEOPLE.items():
            added = Added.model_validate({"account": account, "roles": [role], "trials": [TRIAL]})
            yield Step(at(day, 9, 10), OPERATOR, "account.add", added, f"night-account-{account}")
        yield adopting(TRIAL, registered.definition, at(day, 9, 30), "night-packs")
        enrolled = Enrolled.model_validate(
            {**NAMED, "site": "01", "age": 52, "sex": "F", "weight_kg": "58.5", "arm": "AD-MSC"}
        )
        yield Step(at(day, 11), INVESTIGATOR, "subject.enrol", enrolled, "night-subject")
        given = Given.model_validate({**NAMED, "number": 1, "treatment": "AD-MSC", "started_on": "2019-01-29T09:30"})
        yield Step(at(date(2019, 1, 29), 11), INVESTIGATOR, "dose.give", given, "night-dose")

    return steps


def reporting(_: Home) -> Iterator[Step]:
    """23:40 on the Friday: the investigator files a serious adverse event that a reasonable possibility ties to the cells."""
    reported = Reported.model_validate(
        {
            **NAMED,
            "term": "Pneumonia",
            "started_on": "2019-02-01T18:00",
            "serious": "Y",
            "hospitalisation": "Y",
            "causality": "PROBABLE",
            "aware": {"at": at(FRIDAY, 23, 20), "zone": ZONE.key, "party": "site"},
        }
    )
    yield Step(at(FRIDAY, 23, 40), INVESTIGATOR, "adverse_event.report", reported, "night-sae")


def sending(name: str, *, unless: str = "") -> Callable[[Home], Iterator[Step]]:
    """The officer sends every report whose clock runs, but that of a rule that is left for later."""

    def steps(home: Home) -> Iterator[Step]:
        moment = home.doors.clock()
        with home.views.connect() as connection:
            found = obligations(connection, TRIAL, home.views.now(connection), moment)["obligations"]
        for one in found:
            if one["state"] in {"open", "rejected"} and one["rule"] != unless:
                form = Submitted.model_validate({**ABOUT, "obligation": one["obligation"], "sent_at": moment})
                yield Step(
                    moment, OFFICER, "obligation.submit", form, f"night-{name}-{one['obligation'].replace('/', '-')}"
                )

    return steps


def dying(_: Home) -> Iterator[Step]:
    """Day 5: the subject has died; the investigator files it as new information."""
    day = FRIDAY + timedelta(days=5)
    followed_up = FollowedUp.model_validate(
        {
            **ABOUT,
            "outcome": "FATAL",
            "results_in_death": "Y",
            "aware": {"at": at(day, 6, 30), "zone": ZONE.key, "party": "site"},
        }
    )
    yield Step(at(day, 7, 5), INVESTIGATOR, "adverse_event.follow_up", followed_up, "night-death")


def story(trial_file: str) -> list[Act]:
    """The night and the two weeks after it."""
    return [
        Act(at(date(2019, 1, 7), 9), setting_up(trial_file)),
        Act(at(FRIDAY, 23, 40), reporting),
        Act(at(FRIDAY + timedelta(days=1), 0, 25), acknowledging(TRIAL, DEPUTY, "night-deputy")),
        Act(at(FRIDAY + timedelta(days=1), 10, 15), sending("day-1", unless="CN-15")),
        Act(at(FRIDAY + timedelta(days=5), 7, 5), dying),
        Act(at(FRIDAY + timedelta(days=5), 7, 20), acknowledging(TRIAL, OFFICER, "night-officer")),
        Act(at(FRIDAY + timedelta(days=6), 16, 0), sending("day-6")),
        Act(at(FRIDAY + timedelta(days=12), 8, 30), acknowledging(TRIAL, OFFICER, "night-reminded")),
        Act(at(FRIDAY + timedelta(days=13), 15, 0), sending("follow-up")),
    ]


def live(home: Home, clock: VirtualClock, trial_file: str, deliver: Callable[[Home], object]) -> None:
    """Let the story happen: acts at their moments, and between them a tick every five minutes, as the worker does."""
    introduce(home)
    acts = story(trial_file)
    for act, following in zip_longest(acts, acts[1:]):
        clock.moment = max(act.at, clock.moment)
        for step in list(act.steps(home)):
            clock.moment = max(step.at, clock.moment)
            home.desk.do(step.command, step.form, by=step.by, command_id=step.id)
        deliver(home)
        if following is not None and act.at >= at(FRIDAY, 23, 40):
            pass_until(following.at, home, clock, deliver)


def pass_until(moment: datetime, home: Home, clock: VirtualClock, deliver: Callable[[Home], object]) -> None:
    """Let time pass."""
    while clock.moment + TICK < moment:
        clock.moment += TICK
        if tick(home.desk, home.views, clock.moment).total():
            deliver(home)


def introduce(home: Home) -> None:
    """Put the people into the directory: an alert must find somebody."""
    for account, role in PEOPLE.items():
        home.directory.put(Person(account, account.capitalize(), None, (role,), (TRIAL,)))
