"""Who hears of an alert late is told whom it went to before, and what has happened to what it is about since it began."""

import pytest

from safety.aggregates.alerting import rung_id
from safety.aggregates.deciding import Form
from safety.journal import Journal
from safety.projections import Views
from safety.projections.told_before import MOST_LOOKED_AT, ToldBefore, told_before
from tests.builders import (
    alert_raised,
    append,
    causality_assessed,
    composed,
    enrolled,
    followed_up,
    opened,
    registered,
    reported,
    sent,
    seriousness_assessed,
)

BEGIN = (opened(), registered(), enrolled(), reported(), reported(number=2))
ROOT = alert_raised("A-1")
SECOND, THIRD = rung_id(ROOT, 2), rung_id(ROOT, 3)


def rung(number: int) -> Form:
    return alert_raised(rung_id(ROOT, number), root="A-1", rung=number)


def told(journal: Journal, views: Views, alert: str, *history: Form) -> ToldBefore:
    for happened in (*BEGIN, *history):
        append(journal, happened)
    views.catch_up(journal)
    assert views.faults() == []
    with views.connect() as connection:
        return told_before(connection, alert)


SENT = (composed("M-1", ("A-1",), to="CHEN"), sent("M-1"), composed("M-2", ("A-1",), to="AN"), sent("M-2"))


@pytest.mark.parametrize(
    ("alert", "history", "expected"),
    [
        pytest.param("A-9", [], (), id="no such alert"),
        pytest.param("A-1", [ROOT], (), id="the first"),
        pytest.param(SECOND, [ROOT, rung(2)], (), id="nobody was reached"),
        pytest.param(SECOND, [ROOT, composed("M-1", ("A-1",)), rung(2)], (), id="a message that nobody took"),
        pytest.param(SECOND, [ROOT, *SENT, rung(2)], ("CHEN", "AN"), id="those of the first"),
        pytest.param(
            THIRD,
            [ROOT, *SENT, rung(2), composed("M-3", (SECOND,), to="HEAD"), sent("M-3"), rung(3)],
            ("CHEN", "AN", "HEAD"),
            id="those of every rung before",
        ),
        pytest.param(
            SECOND,
            [ROOT, rung(2), composed("M-3", (SECOND,), to="HEAD"), sent("M-3"), rung(3)],
            (),
            id="not those of its own rung",
        ),
    ],
)
def test_who_was_asked_before(
    journal: Journal, views: Views, alert: str, history: list[Form], expected: tuple[str, ...]
) -> None:
    assert told(journal, views, alert, *history).asked_before == expected


@pytest.mark.parametrize(
    ("history", "expected"),
    [
        pytest.param([ROOT, rung(2)], (), id="nothing"),
        pytest.param([followed_up(outcome="UNKNOWN"), ROOT, rung(2)], (), id="what happened before it began"),
        pytest.param([ROOT, followed_up(number=2, outcome="UNKNOWN"), rung(2)], (), id="another adverse event"),
        pytest.param([ROOT, followed_up(outcome="FATAL"), rung(2)], ("followed up",), id="followed up"),
        pytest.param(
            [ROOT, rung(2), seriousness_assessed(serious="Y"), followed_up(), causality_assessed(assessor="sponsor")],
            ("seriousness assessed", "followed up", "causality assessed"),
            id="in order, also after the rung",
        ),
    ],
)
def test_what_has_happened_since(
    journal: Journal, views: Views, history: list[Form], expected: tuple[str, ...]
) -> None:
    assert told(journal, views, SECOND, *history).changes == expected


def test_what_is_not_about_an_adverse_event_has_no_changes(journal: Journal, views: Views) -> None:
    vacant = alert_raised("A-1", concerning=("AUDITOR", "MESSAGE/M-1"))
    many = alert_raised("A-2", concerning=(*(f"S9/{n}" for n in range(MOST_LOOKED_AT)), "S1/1"))
    assert told(journal, views, "A-1", vacant, many, followed_up(outcome="FATAL")) == ToldBefore()
    with views.connect() as connection:
        assert told_before(connection, "A-2").changes == ()
