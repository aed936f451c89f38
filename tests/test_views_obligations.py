"""The view of what is owed, on each database: as of any position, at any time, struck through but never gone; and reviews."""

from datetime import UTC, datetime, timedelta

import pytest

from safety.aggregates.obligation import Reviewed, Superseded
from safety.journal import Journal
from safety.projections import At, Views
from safety.projections.obligations import obligations, reviews_owed, timeliness
from tests import builders as b
from tests.test_obligation import NAME, about, acknowledged, cancelled, rejected, submitted

BEGIN = (b.opened(), b.registered(), b.enrolled(), b.reported())
START = datetime(2018, 3, 6, 1, 30, tzinfo=UTC)
DUE = datetime(2018, 3, 21, 16, tzinfo=UTC)
EARLY, LATE = DUE - timedelta(microseconds=1), DUE
BOTH = ("Authority", "Ethics committee")


def row(
    journal: Journal, views: Views, now: datetime, name: str = NAME, position: int | None = None
) -> dict[str, object]:
    views.catch_up(journal)
    with views.connect() as connection:
        at = views.now(connection) if position is None else At(position)
        found = obligations(connection, b.TRIAL, at, now)["obligations"]
    return next((row for row in found if row["obligation"] == name), {})


# How a clock stands


@pytest.mark.parametrize(
    ("state", "due", "ended", "now", "stands"),
    [
        ("open", 10, None, 9, "running"),
        ("open", 10, None, 10, "overdue"),
        ("rejected", 10, None, 9, "running"),
        ("rejected", 10, None, 10, "overdue"),
        ("open", None, None, 10, "due_now"),
        ("submitted", 10, 9, 99, "met"),
        ("submitted", 10, 10, 10, "met_late"),
        ("acknowledged", 10, 9, 99, "met"),
        ("submitted", None, 9, 99, "sent"),
        ("superseded", 10, 9, 99, "not_needed"),
        ("cancelled", 10, 10, 99, "missed"),
        ("cancelled", None, 10, 99, "not_needed"),
    ],
)
def test_how_a_clock_stands(state: str, due: int | None, ended: int | None, now: int, stands: str) -> None:
    assert timeliness(state, due, ended, now) == stands


# What becomes of an obligation


def test_an_obligation_is_told_whole(journal: Journal, views: Views) -> None:
    b.append(journal, *BEGIN, b.obligation_opened())
    found = row(journal, views, EARLY)
    assert found["to"] == list(BOTH)
    assert (found["starts_at"], found["day0"]) == ("2018-03-06T01:30:00Z", "2018-03-06")
    assert (found["due_on"], found["due_at"]) == ("2018-03-21", "2018-03-21T16:00:00Z")
    assert (found["confidence"], found["facts"]) == ("UNSURE", [2])
    assert found["because"] == ["serious: true, stated by the site (version 2)", "due by 2018-03-21"]
    assert (found["state"], found["timeliness"]) == ("open", "running")
    assert row(journal, views, LATE)["timeliness"] == "overdue"


def test_sent_in_parts_answered_and_rejected(journal: Journal, views: Views) -> None:
    b.append(journal, *BEGIN, b.obligation_opened())
    steps = [
        (submitted("Authority", sent_at=START, reference="R-1"), "open", "overdue"),
        (submitted("Ethics committee", sent_at=EARLY), "submitted", "met"),
        (acknowledged(acknowledged_at=LATE), "submitted", "met"),
        (acknowledged("Ethics committee", acknowledged_at=LATE), "acknowledged", "met"),
        (rejected(rejected_at=LATE), "rejected", "overdue"),
        (submitted("Authority", sent_at=LATE), "submitted", "met_late"),
    ]
    told = []
    for event, _, _ in steps:
        b.append(journal, event)
        found = row(journal, views, LATE)
        told.append((found["state"], found["timeliness"]))
    assert told == [(state, stands) for _, state, stands in steps]
    found = row(journal, views, LATE)
    assert (found["reference"], found["acknowledged_by"]) == ("R-1", ["Ethics committee"])
    assert sorted(found["sent_to"]) == list(BOTH)  # type: ignore[call-overload]  # a list of names
    assert views.check(journal) == []


def test_sent_when_the_last_recipient_was_sent_it_in_whatever_order_that_is_filed(
    journal: Journal, views: Views
) -> None:
    b.append(journal, *BEGIN, b.obligation_opened(), submitted("Authority", sent_at=LATE))
    b.append(journal, submitted("Ethics committee", sent_at=START))
    assert row(journal, views, LATE)["timeliness"] == "met_late"


def test_struck_through_and_superseded_stay_in_sight(journal: Journal, views: Views) -> None:
    b.append(journal, *BEGIN, b.obligation_opened(), b.obligation_opened(obligation="GOLD-15/1.2"))
    b.append(journal, about(Superseded, by="GOLD-15/1.2"), cancelled(obligation="GOLD-15/1.2", signed_by="CHEN"))
    gone = row(journal, views, EARLY)
    assert (gone["state"], gone["superseded_by"]) == ("superseded", "GOLD-15/1.2")
    struck = row(journal, views, EARLY, "GOLD-15/1.2")
    assert (struck["state"], struck["cancelled_because"], struck["signed_by"]) == (
        "cancelled",
        "not_applicable",
        "CHEN",
    )
    assert struck["timeliness"] == "missed", "years after it was due"


def test_as_of_a_position_later_events_change_nothing(journal: Journal, views: Views) -> None:
    (*_, opened) = b.append(journal, *BEGIN, b.obligation_opened())
    b.append(journal, submitted(*BOTH, sent_at=START))
    b.append(journal, rejected(rejected_at=START))
    stood = [row(journal, views, EARLY, position=opened + n).get("state") for n in (-1, 0, 1, 2)]
    assert stood == [None, "open", "submitted", "rejected"]


# Whose duties are to be reviewed


def owed(journal: Journal, views: Views, position: int | None = None) -> list[str]:
    views.catch_up(journal)
    with views.connect() as connection:
        at = views.now(connection) if position is None else At(position)
        found = reviews_owed(connection, at)
        assert found == reviews_owed(connection, at, trial=b.TRIAL)
        assert reviews_owed(connection, at, limit=1) == found[:1]
        return [review.subject for review in found]


def test_who_had_an_adverse_event_before_what_governs_changed(journal: Journal, views: Views) -> None:
    b.append(journal, *BEGIN, b.enrolled("S2"), b.rsi_issued())
    assert owed(journal, views) == [], "no pack governs"
    (adopted,) = b.append(journal, b.pack_adopted())
    assert owed(journal, views) == ["S1"]
    b.append(journal, b.reported("S2"))
    assert owed(journal, views) == ["S1"], "what came after it was decided under it"
    b.append(journal, b.built(Reviewed, subject="S1"))
    assert owed(journal, views) == []
    for change in (b.rsi_issued("2"), b.amended(b.definition(window={})), b.pack_adopted()):
        b.append(journal, change)
        assert owed(journal, views) == ["S1", "S2"]
        b.append(journal, *(b.built(Reviewed, subject=code) for code in ("S1", "S2")))
    assert owed(journal, views, adopted) == ["S1"], "as of the adoption"


def test_a_dose_concerns_its_subject_once_it_has_an_adverse_event(journal: Journal, views: Views) -> None:
    b.append(journal, *BEGIN, b.pack_adopted(), b.built(Reviewed, subject="S1"), b.enrolled("S2"), b.given("S2"))
    assert owed(journal, views) == []
    b.append(journal, b.given())
    assert owed(journal, views) == ["S1"]
    b.append(journal, b.built(Reviewed, subject="S1"), b.dose_corrected("S1", 1, "EXSTDTC", started_on="2018-04-01"))
    assert owed(journal, views) == ["S1"]
    assert views.check(journal) == []
