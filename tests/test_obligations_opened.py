"""Clocks through the desk: what makes a report due opens it in the same append."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from safety.aggregates.obligation import Opened
from tests import builders as b
from tests.builders import T0
from tests.desks import Office
from tests.duties import DAY, FATAL, SHANGHAI_MIDNIGHT, Adjustable, adopt, owed, report, review
from tests.rule_packs import LONGER, OTHER, PACK


@pytest.fixture
def clock() -> Adjustable:
    return Adjustable()


@pytest.fixture
def office(tmp_path: Path, clock: Adjustable) -> Iterator[Office]:
    opened = Office(tmp_path / "log.db", clock).begin()
    adopt(opened)
    yield opened
    opened.close()


# Opening


def test_a_fatal_susar_opens_its_clocks_in_the_append_that_takes_it(office: Office) -> None:
    before = office.position
    report(office, **FATAL)
    assert office.topics(before) == [
        "adverse_event.reported",
        *["obligation.opened"] * 2,
        "obligation.submitted",
        *["alert.raised"] * 2,
    ]
    assert len({row.recorded_at for row in office.journal.rows(before)}) == 1
    seven = owed(office)["T-7/1"].opened
    assert (seven.day0, seven.due_on) == (date(2026, 3, 1), date(2026, 3, 8))
    assert seven.due_at == SHANGHAI_MIDNIGHT + 7 * DAY
    assert (seven.owed_by, seven.to, seven.party, seven.citation) == ("sponsor", ("Authority",), "sponsor", "none 3")
    assert seven.facts == (2,)
    assert "2026-03-08" in seven.because[-1] + seven.because[-2]
    hours = owed(office)["T-SITE/1"].opened
    assert hours.due_at == hours.starts_at + timedelta(hours=24)


@pytest.mark.parametrize(
    ("fields", "opens"),
    [
        pytest.param({}, {"T-SITE/1", "T-15/1"}, id="E2A III.B.2: serious, causality missing counts as related"),
        pytest.param({"causality": "PROBABLE"}, {"T-SITE/1", "T-15/1"}, id="related"),
        pytest.param({"causality": "NONE"}, {"T-SITE/1"}, id="judged not related"),
        pytest.param({"serious": "N", "life_threatening": "Y"}, {"T-SITE/1", "T-7/1"}, id="any criterion is serious"),
        pytest.param({"serious": "N", "outcome": "FATAL"}, {"T-SITE/1", "T-7/1"}, id="a fatal outcome is serious"),
        pytest.param({"serious": "N", "grade": "5"}, {"T-SITE/1", "T-7/1"}, id="grade 5 is death"),
        pytest.param({"serious": "N"}, set(), id="not serious"),
        pytest.param(
            {"term": None, "preferred_term": None},
            {"T-SITE/1"},
            id="E2A III.B.3: no event, no outcome: the minimum criteria are not met",
        ),
    ],
)
def test_what_opens(office: Office, fields: dict[str, Any], opens: set[str]) -> None:
    report(office, **fields)
    assert set(owed(office)) == opens


def test_day_0_is_the_day_of_awareness_for_the_site_and_of_filing_for_the_sponsor(office: Office) -> None:
    report(office, aware=b.aware(T0 - 3 * DAY), **FATAL)
    assert owed(office)["T-SITE/1"].opened.day0 == date(2026, 2, 26)
    assert owed(office)["T-7/1"].opened.day0 == date(2026, 3, 1)


def test_day_0_of_a_site_elsewhere_is_the_date_at_the_site(office: Office) -> None:
    in_days = PACK.replace('to = ["sponsor"]', 'to = ["ethics committee"]').replace("limit = 24", "limit = 7")
    adopt(office, in_days.replace('unit = "hour"', 'unit = "calendar_day"').replace('version = "1"', 'version = "2"'))
    b.append(office.journal, b.amended(b.definition(sites=[{"id": "01", "zone": "America/New_York"}])))
    report(office, aware=b.aware(datetime(2026, 2, 28, 20, tzinfo=UTC)), **FATAL)
    site, sponsor = (owed(office)[name].opened for name in ("T-SITE/1", "T-7/1"))
    # 04:00 on 1 March in Shanghai: counted there the ethics committee would have been told a day late.
    assert (site.zone, site.day0, site.due_on) == ("America/New_York", date(2026, 2, 28), date(2026, 3, 7))
    assert site.due_at == datetime(2026, 3, 8, 5, tzinfo=UTC)
    assert (sponsor.zone, sponsor.day0) == ("Asia/Shanghai", date(2026, 3, 1))


def test_a_sponsor_investigator_knows_at_once(office: Office) -> None:
    adopt(office, sponsor_investigator=True)
    report(office, aware=b.aware(T0 - 3 * DAY), **FATAL)
    assert {one.opened.day0 for one in owed(office).values()} == {date(2026, 2, 26)}


def test_what_the_sponsor_hears_first_is_not_the_sites_duty(office: Office) -> None:
    report(office, by="CHEN", **FATAL)
    assert set(owed(office)) == {"T-7/1"}


def test_a_trial_without_a_pack_owes_nothing(office: Office, tmp_path: Path) -> None:
    other = Office(tmp_path / "other.db").begin()
    before = other.position
    report(other, **FATAL)
    assert other.topics(before) == ["adverse_event.reported", "alert.raised"]
    other.close()


def test_exposure_and_listing_are_read_from_the_record(office: Office) -> None:
    office.do("dose.give", b.given(started_on="2018-04-01"))
    events = report(office, started_on="2018-03-05")
    assert [event.TOPIC for event in events][:2] == ["adverse_event.reported.v1", "obligation.grounds_found.v1"]
    assert set(owed(office)) == {"T-SITE/1"}
    listed = [{"preferred_term": "Pyrexia", "worst_listed": "serious"}]
    office.do(
        "trial.issue_reference_safety_information",
        b.rsi_issued(effective_on="2018-01-01", approved_on="2018-06-01", listed=listed),
        by="CHEN",
    )
    for onset, opens in (("2018-05-31", {"T-SITE/1", "T-15/1"}), ("2018-06-01", {"T-SITE/1"})):
        report(office, started_on=onset)
        assert set(owed(office, len(office.numbers()))) == opens, onset
    report(office, started_on="2018-06-01", **FATAL)
    assert set(owed(office, 4)) == {"T-SITE/1", "T-7/1"}, "fatal is more severe than listed"


def test_the_rules_are_asked_only_where_something_was_told(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    report(office)
    report(office)

    class Asked(Exception):
        """The rules were asked."""

    def ask(*_: object, **__: object) -> None:
        raise Asked

    monkeypatch.setattr("safety.clocks.asking.evaluate", ask)
    office.do("adverse_event.merge", b.merged())
    office.do("adverse_event.code", b.coded())
    office.do("dose.give", b.given())
    office.do("subject.withdraw", b.withdrawn())
    with pytest.raises(Asked):
        office.do("adverse_event.follow_up", b.followed_up(severity="MILD"))
    with pytest.raises(Asked):
        review(office)


# What changes for others


def test_another_pack_opens_what_it_asks_at_the_review_and_keeps_what_was_opened(office: Office) -> None:
    report(office)
    adopt(office, OTHER)
    assert set(owed(office)) == {"T-SITE/1", "T-15/1"}
    opened = [event.obligation for event in review(office) if isinstance(event, Opened)]
    assert opened == ["O-SITE/1", "O-15/1"]
    assert owed(office)["O-15/1"].opened.to == ("Ministry",)
    assert not [event for event in review(office) if isinstance(event, Opened)]


def test_a_new_version_of_a_pack_never_postpones_what_was_opened(office: Office) -> None:
    report(office)
    due = owed(office)["T-15/1"].opened.due_at
    adopt(office, LONGER)
    review(office)
    assert {one.opened.due_at for one in owed(office).values() if one.opened.rule == "T-15"} == {due}
    report(office)
    assert owed(office, 2)["T-15/1"].opened.due_on == date(2026, 3, 21)


def test_a_corrected_dose_makes_due_what_it_makes_an_exposed_event(office: Office, clock: Adjustable) -> None:
    office.do("dose.give", b.given(started_on="2018-04-01"))
    report(office, started_on="2018-03-05")
    clock.now += 3 * DAY
    office.do("dose.correct", b.dose_corrected("S1", 1, "EXSTDTC", started_on="2018-03-01"))
    assert set(owed(office)) == {"T-SITE/1"}
    review(office)
    assert owed(office)["T-15/1"].opened.day0 == date(2026, 3, 4), "known since the review"


def test_the_rules_of_another_day_are_told_in_every_reason(office: Office) -> None:
    adopt(office, rules_of="today", rules_on="2026-01-01")
    report(office)
    assert all("today's rules" in " ".join(one.opened.because) for one in owed(office).values())


def test_it_is_known_since_the_review_also_where_nothing_was_owed_before(office: Office, clock: Adjustable) -> None:
    office.do("dose.give", b.given(started_on="2018-04-01"))
    report(office, by="CHEN", started_on="2018-03-05")
    assert owed(office) == {}
    clock.now += 3 * DAY
    office.do("dose.correct", b.dose_corrected("S1", 1, "EXSTDTC", started_on="2018-03-01"))
    review(office)
    assert owed(office)["T-15/1"].opened.day0 == date(2026, 3, 4)
