"""Who is away, who covers, and who hears: nobody on duty goes without cover, and a role with nobody in it is told before it matters."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from safety.aggregates.account import (
    AbsenceSet,
    Account,
    CannotStandIn,
    CoverIsAway,
    EndsBeforeItBegins,
    NoCover,
    NotYourAbsence,
    ProgramsHand,
    UnknownAccount,
)
from safety.aggregates.deciding import Form, Refused
from safety.aggregates.ladder import Ladder
from safety.journal import Journal
from safety.projections import Views
from safety.projections.inbox import owed
from safety.projections.on_duty import AHEAD, Recipient, people, recipients, vacancies
from safety.tick import tick
from tests.builders import T0, TRIAL, account_added, append, definition, opened, registered
from tests.conftest import Store
from tests.given import given
from tests.test_tick import Night

DAY = timedelta(days=1)
OFFICERS = (account_added("CHEN"), account_added("WANG"), account_added("OPERATOR", roles=("operator",)))


def away(account: str, begin: float, end: float, cover: str | None = None) -> AbsenceSet:
    """An absence in days from T0."""
    return AbsenceSet(account=account, from_at=T0 + begin * DAY, until_at=T0 + end * DAY, covered_by=cover)


# The decision


def test_a_person_on_duty_is_away_while_another_covers() -> None:
    form = away("CHEN", 1, 8, "WANG")
    assert given(*OFFICERS).when("account.set_absence", form, by="CHEN", role="safety_officer") == (form,)
    assert given(*OFFICERS, form)(form.stream, Account).absences == (form,)


LIN = account_added("LIN", roles=("investigator",))
BOTH = account_added("LI", roles=("investigator", "safety_officer"))
OF_T2 = account_added("ZHAO", trials=("T2",))
DEPUTY = account_added("XU", roles=("deputy_safety_officer",))


@pytest.mark.parametrize(
    ("history", "form", "refusal"),
    [
        pytest.param([], away("CHEN", 1, 8), NoCover, id="on duty and nobody covers"),
        pytest.param([DEPUTY], away("XU", 1, 8), NoCover, id="a deputy is on duty too"),
        pytest.param([], away("CHEN", 1, 8, "CHEN"), CannotStandIn, id="covers for themselves"),
        pytest.param([LIN], away("CHEN", 1, 8, "LIN"), CannotStandIn, id="an investigator for an officer"),
        pytest.param([BOTH], away("LI", 1, 8, "CHEN"), CannotStandIn, id="only one of two roles"),
        pytest.param([OF_T2], away("CHEN", 1, 8, "ZHAO"), CannotStandIn, id="an officer of another trial only"),
        pytest.param([], away("CHEN", 1, 8, "NOBODY"), UnknownAccount, id="a cover that is not there"),
        pytest.param([], away("NOBODY", 1, 8, "CHEN"), UnknownAccount, id="somebody who is not there"),
        pytest.param([], away("CHEN", 8, 1, "WANG"), EndsBeforeItBegins, id="ends before it begins"),
        pytest.param([], away("CHEN", 1, 8, "OPERATOR"), ProgramsHand, id="covered by nobody"),
        pytest.param([], away("OPERATOR", 1, 8), ProgramsHand, id="nobody is away"),
        pytest.param([away("WANG", 7, 9, "LI"), BOTH], away("CHEN", 1, 8, "WANG"), CoverIsAway, id="the cover is away"),
        pytest.param([away("WANG", 1, 8, "CHEN")], away("CHEN", 7, 9, "WANG"), CoverIsAway, id="each covers the other"),
    ],
)
def test_an_absence_that_would_leave_a_duty_alone_is_refused(
    history: list[Form], form: AbsenceSet, refusal: type[Refused]
) -> None:
    with pytest.raises(refusal):
        given(*OFFICERS, *history).when("account.set_absence", form)


@pytest.mark.parametrize(
    ("history", "form"),
    [
        pytest.param([BOTH], away("CHEN", 1, 8, "LI"), id="a cover with more roles"),
        pytest.param([DEPUTY], away("CHEN", 1, 8, "XU"), id="a deputy for the officer"),
        pytest.param([DEPUTY], away("XU", 1, 8, "CHEN"), id="the officer for a deputy"),
        pytest.param([OF_T2], away("ZHAO", 1, 8, "CHEN"), id="a cover of all trials"),
        pytest.param([away("WANG", 8, 9, "LI"), BOTH], away("CHEN", 1, 8, "WANG"), id="the cover leaves afterwards"),
        pytest.param([BOTH, away("CHEN", 1, 8, "WANG")], away("WANG", 2, 3, "LI"), id="the cover is covered"),
        pytest.param([account_added("AUDIT", roles=("auditor",))], away("AUDIT", 1, 8), id="not on duty"),
        pytest.param([away("CHEN", 1, 8, "WANG")], away("CHEN", 2, 2), id="taken back"),
    ],
)
def test_an_absence_that_leaves_nobody_alone_is_taken(history: list[Form], form: AbsenceSet) -> None:
    assert given(*OFFICERS, *history).when("account.set_absence", form) == (form,)


def test_only_the_person_or_an_operator_says_so() -> None:
    form = away("CHEN", 1, 8, "WANG")
    with pytest.raises(NotYourAbsence):
        given(*OFFICERS).when("account.set_absence", form, by="WANG", role="safety_officer")
    head = account_added("HEAD", roles=("safety_officer", "operator"))
    assert given(*OFFICERS, head).when("account.set_absence", form, by="HEAD", role="safety_officer") == (form,)


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ([away("CHEN", 1, 8, "WANG"), away("CHEN", 9, 10, "WANG")], [(1, 8), (9, 10)]),
        ([away("CHEN", 1, 8, "WANG"), away("CHEN", 8, 10, "WANG")], [(1, 8), (8, 10)]),
        ([away("CHEN", 1, 8, "WANG"), away("CHEN", 1, 3, "WANG")], [(1, 3)]),
        ([away("CHEN", 1, 8, "WANG"), away("CHEN", 1, 1)], []),
        ([away("CHEN", 1, 8, "WANG"), away("CHEN", 8, 8)], [(1, 8)]),
    ],
)
def test_what_is_said_last_of_a_time_is_what_holds(said: list[AbsenceSet], left: list[tuple[int, int]]) -> None:
    found = given(*OFFICERS, *said)("-/account/CHEN", Account).absences
    assert [((a.from_at - T0) // DAY, (a.until_at - T0) // DAY) for a in found] == left


# Who hears


def heard_by(journal: Journal, views: Views, *history: Form, day: float = 0, role: Any = "safety_officer") -> Any:  # noqa: ANN401, a role and who fills it
    append(journal, opened(), *history)
    views.catch_up(journal)
    assert views.faults() == []
    with views.connect() as connection:
        return recipients(connection, role, TRIAL, T0 + day * DAY)


CHEN, WANG = Recipient("CHEN", "holder"), Recipient("WANG", "holder")
AWAY = away("CHEN", 1, 8, "WANG")


@pytest.mark.parametrize(
    ("history", "day", "expected"),
    [
        pytest.param(OFFICERS, 0, [CHEN, WANG], id="everybody who holds the role"),
        pytest.param((*OFFICERS, OF_T2), 0, [CHEN, WANG], id="not those of another trial"),
        pytest.param((account_added("GU", trials=("T1",)),), 0, [Recipient("GU", "holder")], id="those of this trial"),
        pytest.param((*OFFICERS, DEPUTY), 0, [CHEN, WANG], id="the deputy only on a rung of their own"),
        pytest.param((*OFFICERS, AWAY), 0.99, [CHEN, WANG], id="not away yet"),
        pytest.param((*OFFICERS, AWAY), 1, [WANG], id="the cover holds the role itself"),
        pytest.param((*OFFICERS, AWAY), 8, [CHEN, WANG], id="back again"),
        pytest.param(
            (OFFICERS[0], DEPUTY, away("CHEN", 1, 8, "XU")),
            2,
            [Recipient("XU", "cover", "CHEN")],
            id="a cover who holds another role",
        ),
        pytest.param(
            (OFFICERS[0], BOTH.model_copy(update={"trials": ("T2",)}), away("CHEN", 1, 8, "LI")),
            2,
            [Recipient("OPERATOR", "vacant")],
            id="a cover who has no part in this trial any more",
        ),
        pytest.param(
            (*OFFICERS, BOTH, AWAY, away("WANG", 2, 3, "LI")), 2.5, [Recipient("LI", "holder")], id="cover of a cover"
        ),
        pytest.param((OFFICERS[2], LIN), 0, [Recipient("OPERATOR", "vacant")], id="nobody, and no named operator"),
        pytest.param(
            (OFFICERS[2], account_added("HEAD", roles=("operator",))),
            0,
            [Recipient("HEAD", "vacant")],
            id="nobody, so the operator",
        ),
        pytest.param((OFFICERS[0], away("CHEN", 1, 8)), 2, [Recipient("OPERATOR", "vacant")], id="away without cover"),
    ],
)
def test_who_hears_of_what_is_owed(
    journal: Journal, views: Views, history: tuple[Form, ...], day: float, expected: list[Recipient]
) -> None:
    assert heard_by(journal, views, *history, day=day) == expected


def test_the_log_itself_concerns_those_of_all_trials(journal: Journal, views: Views) -> None:
    heard_by(journal, views, OFFICERS[0], OF_T2)
    with views.connect() as connection:
        assert recipients(connection, "safety_officer", "-", T0) == [CHEN]


# Nobody there


@pytest.mark.parametrize(
    ("history", "day", "since"),
    [
        pytest.param([], 0, [0], id="nobody"),
        pytest.param([OF_T2], 0, [0], id="nobody in this trial"),
        pytest.param([OFFICERS[0]], 0, [], id="somebody"),
        pytest.param([OFFICERS[0], away("CHEN", 20, 25)], 0, [], id="away too far ahead to tell"),
        pytest.param([OFFICERS[0], away("CHEN", 10, 25)], 0, [10], id="away soon"),
        pytest.param([OFFICERS[0], away("CHEN", 10, 25)], 12, [10], id="away now"),
        pytest.param([OFFICERS[0], away("CHEN", 10, 25)], 25, [], id="back"),
        pytest.param([*OFFICERS, away("CHEN", 5, 25), away("WANG", 9, 12)], 0, [9], id="the last one leaves"),
        pytest.param([*OFFICERS, away("CHEN", 5, 25, "WANG")], 0, [], id="covered"),
    ],
)
def test_a_role_that_nobody_fills_is_found_before_it_matters(
    journal: Journal, views: Views, history: list[Form], day: float, since: list[float]
) -> None:
    append(journal, opened(), registered(), *history)
    views.catch_up(journal)
    with views.connect() as connection:
        found = list(vacancies(people(connection), TRIAL, {"safety_officer"}, T0 + day * DAY))
    starts = [0 if vacancy.begins_at is None else (vacancy.begins_at - T0) / DAY for vacancy in found]
    assert (starts, {vacancy.role for vacancy in found}) == (since, {"safety_officer"} if since else set())
    assert timedelta(days=14) == AHEAD


@pytest.fixture
def night(store: Store) -> Iterator[Night]:
    """A desk of a trial whose operators have no name."""
    found = Night(store)
    yield found
    found.views.close()
    found.journal.close()


def test_a_vacancy_is_told_to_the_operator_once(night: Night) -> None:
    own = Ladder.model_validate({"urgent": [{"role": "auditor", "after_minutes": 5}]})
    append(night.journal, registered(definition(ladder=own), code="T2"))
    assert night.tick(T0)["vacant_roles"] == 3, "no operator with a name in T1 and T2, and no auditor in T2"
    assert night.tick(T0) == {}
    told = [alert for alert in night.owed() if alert["trial"] == "T2"]
    assert {(alert["rule"], alert["role"]) for alert in told} == {("ROLE-VACANT", "operator")}
    assert sorted(alert["concerning"] for alert in told) == [("AUDITOR",), ("OPERATOR",)]
    append(night.journal, account_added("AUDIT", roles=("auditor",)), account_added("HEAD", roles=("operator",)))
    assert night.tick(T0)["vacant_roles"] == 3, "filled, and so settled"
    assert night.tick(T0 + 30 * DAY) == {}, "no rung is climbed for what is settled"
    append(night.journal, away("AUDIT", 5, 6))
    assert night.tick(T0)["vacant_roles"] == 1, "the only auditor will be away"
    assert night.tick(T0 + 5.5 * DAY).get("vacant_roles", 0) == 0, "it is the same absence"
    append(night.journal, away("AUDIT", 5, 5))
    assert night.tick(T0 + 5.5 * DAY)["vacant_roles"] == 1, "back, and so settled"
    append(night.journal, away("AUDIT", 5, 6))
    assert night.tick(T0 + 5.5 * DAY)["vacant_roles"] == 1, "away again after all"
    assert night.tick(T0 + 5.5 * DAY).get("vacant_roles", 0) == 0
    append(night.journal, away("AUDIT", 9, 10))
    assert night.tick(T0 + 5.5 * DAY)["vacant_roles"] == 1


def test_an_absence_wakes_no_alert_by_itself(night: Night) -> None:
    append(night.journal, account_added("HEAD", roles=("operator",)), away("CHEN", 0, 8, "LIN"))
    assert tick(night.desk, night.views, T0).total() == 0
    with night.views.connect() as connection:
        assert owed(connection) == []
