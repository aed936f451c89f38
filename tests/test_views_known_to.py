"""What a party knew by a moment: only the facts it was aware of, folded by the same handlers."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from safety.journal import Journal, open_journal
from safety.projections import At
from safety.projections.incidence import incidence
from safety.projections.known_to import fold_known
from safety.projections.line_listing import line_listing
from safety.values import Party, microseconds
from tests import builders as b
from tests.manual_clock import ManualClock

RECORDED = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def journal(tmp_path: Path, clock: ManualClock) -> Iterator[Journal]:
    """The tables are folded in memory whatever the log lies on: one database will do."""
    opened = open_journal(tmp_path / "log.db", clock)
    yield opened
    opened.close()


@pytest.fixture
def filed(journal: Journal, clock: ManualClock) -> Journal:
    """All recorded on 10 March but the follow-up, on the 20th; the site knew on the 1st and 5th, the sponsor on the 3rd."""
    clock.set(microseconds(RECORDED))
    b.append(
        journal,
        b.opened(),
        b.registered(),
        b.enrolled(),
        b.given(),
        b.reported(severity="MILD", aware=b.aware(RECORDED - 9 * DAY, "site")),
        b.reported(number=2, aware=b.aware(RECORDED - 7 * DAY, "sponsor")),
        b.reported(number=3),
        b.enrolled("S9", trial="T2"),
    )
    clock.set(microseconds(RECORDED + 10 * DAY))
    b.append(journal, b.followed_up(severity="SEVERE", aware=b.aware(RECORDED - 5 * DAY, "site")))
    return journal


@pytest.mark.parametrize(
    ("party", "days", "both", "expected"),
    [
        ("site", -10, False, {}),
        ("site", -9, False, {1: "MILD"}),
        ("site", -5, False, {1: "SEVERE"}),
        ("site", 0, False, {1: "SEVERE", 2: None, 3: None}),
        ("sponsor", -9, False, {}),
        ("sponsor", -7, False, {2: None}),
        ("sponsor", 0, False, {1: "MILD", 2: None, 3: None}),
        ("sponsor", 9, False, {1: "MILD", 2: None, 3: None}),
        ("sponsor", 10, False, {1: "SEVERE", 2: None, 3: None}),
        ("sponsor", -9, True, {1: "MILD"}),
        ("sponsor", -5, True, {1: "SEVERE", 2: None}),
        ("site", -7, True, {1: "MILD", 2: None}),
    ],
)
def test_what_a_party_knew(
    filed: Journal,
    party: Party,
    days: int,
    both: bool,  # noqa: FBT001, a column of the table
    expected: dict[int, str | None],
) -> None:
    views = fold_known(filed, b.TRIAL, party, RECORDED + days * DAY, 9, sponsor_investigator=both)
    with views.connect() as connection:
        rows = line_listing(connection, b.TRIAL, At(9))["rows"]
        assert {row["number"]: row["severity"] for row in rows} == expected
        subjects = incidence(connection, b.TRIAL, At(9))["groups"][0]["subjects"]
        assert subjects == int(days >= 0), "an enrolment was known from when the log took it"
    assert views.faults() == []
    views.close()


def test_what_the_log_held_limits_what_is_known(filed: Journal) -> None:
    views = fold_known(filed, b.TRIAL, "site", RECORDED + 20 * DAY, 5)
    with views.connect() as connection:
        assert [row["severity"] for row in line_listing(connection, b.TRIAL, At(5))["rows"]] == ["MILD"]
    views.close()


def test_a_correction_of_what_was_not_known_is_passed_over(journal: Journal, clock: ManualClock) -> None:
    """The sponsor heard of the follow-up first: without the report there is nothing it could be about."""
    clock.set(microseconds(RECORDED))
    b.append(
        journal,
        b.opened(),
        b.registered(),
        b.enrolled(),
        b.reported(aware=b.aware(RECORDED + 5 * DAY, "sponsor")),
        b.followed_up(severity="SEVERE", aware=b.aware(RECORDED, "sponsor")),
    )
    views = fold_known(journal, b.TRIAL, "sponsor", RECORDED + DAY, 5)
    with views.connect() as connection:
        assert line_listing(connection, b.TRIAL, At(5))["rows"] == []
    assert views.faults() == []
    views.close()
