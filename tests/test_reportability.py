"""What else decides whether a report is due, stated by whom it is to say, told as facts, and the rules of real packs that then open."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from safety.aggregates.adverse_event import ReportabilityStated
from safety.aggregates.alert import Raised
from safety.aggregates.assessing import NoEvidence, NothingStated, TheSponsorsToSay
from safety.aggregates.facts_of_record import FactsOfRecord
from safety.clocks import known
from safety.journal.states import folded
from safety.packaged import pack_texts
from safety.projections.case_list import serious_unexpected_related
from safety.projections.line_listing import line_listing
from safety.reports.serious import serious_events
from tests import builders as b
from tests.desks import Office
from tests.duties import DAY, FATAL, Adjustable, adopt, owed, report, review, states
from tests.test_facts_of_record import CAUSALITY

NOW = datetime(2026, 10, 1, 2, tzinfo=UTC)
"""Within every generation of the packs."""


@pytest.fixture
def clock() -> Adjustable:
    found = Adjustable()
    found.now = NOW
    return found


@pytest.fixture
def office(tmp_path: Path, clock: Adjustable) -> Iterator[Office]:
    opened = Office(tmp_path / "log.db", clock).begin()
    yield opened
    opened.close()


def govern(office: Office, *packs: str) -> None:
    texts = pack_texts()
    adopt(office, *(texts[pack] for pack in packs), zone="Asia/Shanghai")


def state(office: Office, by: str, **fields: object) -> tuple[object, ...]:
    form = b.built(ReportabilityStated, subject="S1", number=1, **fields)
    return office.do("adverse_event.state_reportability", form, by=by).events


def runs(office: Office) -> set[str]:
    return {name for name, one in owed(office).items() if one.runs}


def test_ctr_art_54_2_an_urgent_measure_is_owed_to_the_member_states(office: Office, clock: Adjustable) -> None:
    govern(office, "EU-CTR")
    report(office, causality="NONE")
    assert runs(office) == set()
    clock.now += DAY
    state(office, "CHEN", urgent_measure="Y")
    measure = owed(office)["EU-USM/1"].opened
    assert (measure.day0.isoformat(), measure.due_on and measure.due_on.isoformat()) == ("2026-10-02", "2026-10-09")
    clock.now += DAY
    state(office, "LIN", urgent_measure="Y")
    assert "EU-USM/2" in runs(office), "each measure has a clock of its own"


def test_cn_2015_48_the_handling_that_is_finished_starts_the_fifteen_days(office: Office, clock: Adjustable) -> None:
    govern(office, "CN-STEMCELL-2015")
    report(office)
    assert "CN-SC-15F/1" not in states(office)
    clock.now += 4 * DAY
    state(office, "LIN", handled="Y")
    finished = owed(office)["CN-SC-15F/1"].opened
    assert (finished.day0.isoformat(), finished.due_on and finished.due_on.isoformat()) == ("2026-10-05", "2026-10-20")


def test_cn_2015_48_suspected_transmission_is_serious_and_reported_at_once(office: Office) -> None:
    govern(office, "CN-STEMCELL-2015")
    report(office, serious="N")
    events = state(office, "LIN", infection_transmission="Y")
    assert {"CN-SC-ERR/1", "CN-SC-24H/1"} <= runs(office)
    rules = {event.rule for event in events if isinstance(event, Raised)}
    assert "SAE-ESCALATED" in rules, "EU GVP VI: the officer hears of it as of any serious event"


def test_21_cfr_312_32_c_1_the_fifteen_days_count_from_the_sponsors_determination(
    office: Office, clock: Adjustable
) -> None:
    govern(office, "US-FDA-IND")
    report(office)
    assert owed(office)["US-15/1"].opened.day0.isoformat() == "2026-10-01", "not stated: from the first knowledge"
    clock.now += 2 * DAY
    report(office, serious="N")
    clock.now += DAY
    stated = {"subject": "S1", "number": 2}
    office.do("adverse_event.state_reportability", b.built(ReportabilityStated, **stated, determined="N"), by="CHEN")
    office.do("adverse_event.follow_up", b.followed_up(number=2, serious="Y"))
    assert not any(one.opened.owed_by == "sponsor" for one in owed(office, 2).values()), "the sponsor says it does not"
    clock.now += DAY
    office.do("adverse_event.state_reportability", b.built(ReportabilityStated, **stated, determined="Y"), by="CHEN")
    (late,) = (one.opened for one in owed(office, 2).values() if one.opened.owed_by == "sponsor")
    assert (late.rule, late.day0.isoformat()) == ("US-LATE", "2026-10-05"), "judged not reportable at first: (d)(3)"


def test_312_32_c_1_i_c_what_the_plan_anticipates_is_held_back_from_fda_alone(office: Office) -> None:
    govern(office, "US-FDA-IND", "EU-CTR")
    report(office, serious="N")
    state(office, "CHEN", anticipated="Y")
    office.do("adverse_event.follow_up", b.followed_up(serious="Y"))
    assert {name.partition("/")[0] for name in runs(office)} == {"EU-15"}


def test_an_exemption_counts_only_where_it_was_agreed(office: Office) -> None:
    govern(office, "EU-CTR")
    for number, said in ((1, {"protocol_exempt": "Y"}), (2, {"protocol_exempt": "Y", "exemption_agreed": "Y"})):
        report(office, serious="N", causality="NONE")
        evidence = {"evidence": "Protocol 2.0, 9.3"} if "exemption_agreed" in said else {}
        form = b.built(ReportabilityStated, subject="S1", number=number, **said, **evidence)
        office.do("adverse_event.state_reportability", form, by="LIN")
        office.do("adverse_event.follow_up", b.followed_up(number=number, serious="Y"))
    assert "EU-INV/1" in owed(office, 1)
    assert "EU-INV/1" not in owed(office, 2)


def test_cde_2018_after_the_window_the_investigator_still_tells_the_sponsor(office: Office) -> None:
    govern(office, "CN-NMPA-DRUG")
    report(office, serious="N", causality="NONE")
    state(office, "LIN", after_trial="Y")
    office.do("adverse_event.follow_up", b.followed_up(serious="Y"))
    told = {name.partition("/")[0] for name in owed(office)}
    assert "CN-POST" in told
    assert "CN-INV-26" not in told


def test_each_fact_is_shown_with_who_knows_it_since_when_and_the_rest_as_not_stated(office: Office) -> None:
    report(office, **FATAL)
    state(office, "CHEN", anticipated="N")
    state(office, "LIN", handled="Y")
    told = folded(office.journal.stream("T1/subject/S1")).slice(FactsOfRecord).of(1)
    found = {
        (one.party, one.fact): (one.value, one.version) for one in known(told, CAUSALITY, sponsor_investigator=False)
    }
    assert found["site", "fatal"] == found["sponsor", "fatal"] == (True, 2)
    assert (found["sponsor", "anticipated"], found["site", "anticipated"]) == ((False, 3), (None, None))
    assert found["site", "handled"] == found["sponsor", "handled"] == (True, 4)
    assert found["sponsor", "urgent_measure"] == (None, None)
    one_view = known(told, CAUSALITY, sponsor_investigator=True)
    assert {one.party for one in one_view} == {"sponsor-investigator"}


def test_a_review_finds_what_was_stated_before_a_pack_governed(office: Office) -> None:
    report(office, causality="NONE")
    state(office, "CHEN", urgent_measure="Y")
    govern(office, "EU-CTR")
    review(office)
    assert "EU-USM/1" in runs(office)


def test_who_may_state_what(office: Office) -> None:
    report(office)
    with pytest.raises(NothingStated, match="state at least one of: determined"):
        state(office, "CHEN")
    for name in ("determined", "anticipated"):
        with pytest.raises(TheSponsorsToSay, match=f"is {name} is the sponsor's to say"):
            state(office, "LIN", **{name: "Y"})
    with pytest.raises(NoEvidence, match="give as evidence which document"):
        state(office, "LIN", exemption_agreed="Y")


def test_gvp_vi_a_suspected_transmission_is_listed_as_serious_and_shown_as_the_reason(office: Office) -> None:
    report(office, serious="N")

    def listed() -> list[tuple[int, list[str], str]]:
        views = b.views_beside(office.file)
        views.catch_up(office.journal)
        with views.connect() as connection:
            at = views.now(connection)
            rows = line_listing(connection, "T1", at, serious=True)["rows"]
            assert [row["number"] for row in serious_events(connection, "T1", at)] == [row["number"] for row in rows]
        assert views.check(office.journal) == []
        views.close()
        return [(row["number"], row["criteria"], serious_unexpected_related(row)["serious"]) for row in rows]

    assert listed() == []
    state(office, "LIN", handled="Y")
    assert listed() == []
    state(office, "LIN", infection_transmission="Y")
    assert listed() == [(1, ["infection_transmission"], "y")]
    state(office, "CHEN", determined="Y")
    assert len(listed()) == 1
    state(office, "CHEN", infection_transmission="N", takes_back="medical_review")
    assert listed() == []
