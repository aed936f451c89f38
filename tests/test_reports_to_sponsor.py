"""The investigator's report to the sponsor: filing in the desk is that report, late where it was late, and nobody else's is."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from safety.aggregates.alert import Raised
from safety.aggregates.obligation import Rejected, Submitted
from safety.journal.states import folded
from safety.projections.obligations import obligations
from safety.what_if import compare, would_owe
from tests import builders as b
from tests.builders import T0
from tests.desks import Office
from tests.duties import DAY, FATAL, Adjustable, adopt, assess, owed, report, review, states, submit
from tests.rule_packs import OTHER, PACK

WRITTEN = """
[[rule]]
id = "T-WRITTEN"
from = "investigator"
to = ["sponsor"]
trigger = "submission"
of = ["T-SITE"]
limit = 5
unit = "calendar_day"
citation = "none 7"
confidence = "high"
basis = "law"
[[rule]]
id = "T-NEWS"
from = "investigator"
to = ["sponsor"]
trigger = "new_information"
of = ["T-SITE"]
limit = 24
unit = "hour"
citation = "none 8"
confidence = "high"
basis = "law"
[[rule]]
id = "T-ALL"
from = "investigator"
to = ["sponsor", "ethics committee"]
when = "serious"
unit = "promptly"
citation = "none 9"
confidence = "high"
basis = "law"
"""


@pytest.fixture
def clock() -> Adjustable:
    return Adjustable()


@pytest.fixture
def office(tmp_path: Path, clock: Adjustable) -> Iterator[Office]:
    opened = Office(tmp_path / "log.db", clock).begin()
    adopt(opened)
    yield opened
    opened.close()


def told(office: Office, name: str) -> dict[str, object]:
    """The obligation as the view tells it."""
    views = b.views_beside(office.file)
    views.catch_up(office.journal)
    with views.connect() as connection:
        found = obligations(connection, "T1", views.now(connection), office.clock())["obligations"]
    assert views.check(office.journal) == []
    views.close()
    return next(row for row in found if row["obligation"] == name)


def test_the_filing_is_the_report_and_alerts_nobody_of_it(office: Office) -> None:
    before = office.position
    events = report(office)
    made = next(event for event in events if isinstance(event, Submitted))
    assert (made.obligation, made.to, made.filed_as) == ("T-SITE/1", ("sponsor",), 2)
    assert made.sent_at == events[0].__dict__["aware"].at
    assert "investigator" not in {event.role for event in events if isinstance(event, Raised)}
    row = told(office, "T-SITE/1")
    assert (row["state"], row["timeliness"]) == ("submitted", "met")
    assert (row["filed_as"], row["filed_position"]) == (2, before + 1)


def test_known_long_before_it_was_filed_it_was_met_late(office: Office) -> None:
    report(office, aware=b.aware(T0 - 3 * DAY))
    assert told(office, "T-SITE/1")["timeliness"] == "met_late"


def test_each_ground_is_reported_by_the_filing_that_says_it(office: Office, clock: Adjustable) -> None:
    report(office, serious="N")
    clock.now += DAY
    assess(office, by="LIN", serious="Y")
    row = told(office, "T-SITE/1")
    assert (row["filed_as"], row["day0"], row["timeliness"]) == (3, "2026-03-02", "met")


def test_a_correction_reports_late_what_was_so_from_the_first(office: Office, clock: Adjustable) -> None:
    report(office, serious="N")
    clock.now += 5 * DAY
    office.do("adverse_event.correct", b.corrected("S1", 1, "AESER", serious="Y"))
    row = told(office, "T-SITE/1")
    assert (row["day0"], row["filed_as"], row["timeliness"]) == ("2026-03-01", 3, "met_late")


def test_what_the_sponsor_files_is_nobodys_report_to_it(office: Office) -> None:
    report(office, by="CHEN", serious="N")
    assess(office, by="CHEN", serious="Y")
    assert "T-SITE/1" not in states(office)


def test_site_and_sponsor_in_one_person_report_to_themselves(office: Office) -> None:
    adopt(office, sponsor_investigator=True)
    report(office, by="CHEN")
    assert states(office)["T-SITE/1"] == "submitted"


def test_a_pack_adopted_later_finds_the_report_where_it_was_made(office: Office, clock: Adjustable) -> None:
    report(office)
    filed_at = owed(office)["T-SITE/1"].opened.starts_at
    clock.now += 3 * DAY
    adopt(office, OTHER)
    events = review(office)
    made = next(event for event in events if isinstance(event, Submitted))
    assert (made.obligation, made.sent_at, made.filed_as) == ("O-SITE/1", filed_at, 2)
    assert told(office, "O-SITE/1")["timeliness"] == "met"
    assert told(office, "O-SITE/1")["filed_position"] == told(office, "T-SITE/1")["filed_position"]


def test_a_follow_up_is_the_follow_up_report_and_the_first_filing_is_not(office: Office, clock: Adjustable) -> None:
    adopt(office, PACK.replace('version = "1"', 'version = "3"') + WRITTEN)
    report(office)
    assert (states(office)["T-SITE/1"], states(office)["T-WRITTEN/1"]) == ("submitted", "open")
    clock.now += DAY
    assess(office, by="LIN", hospitalisation="Y")
    assert states(office)["T-WRITTEN/1"] == "open", "an assessment is no follow-up report"
    version = len(list(office.journal.stream("T1/subject/S1"))) + 1
    office.do("adverse_event.follow_up", b.followed_up(severity="SEVERE"))
    for name in ("T-WRITTEN/1", "T-NEWS/1"):
        row = told(office, name)
        assert (row["timeliness"], row["filed_as"]) == ("met", version), name


def test_a_report_that_others_get_too_is_for_the_investigator_to_send(office: Office) -> None:
    adopt(office, PACK.replace('version = "1"', 'version = "3"') + WRITTEN)
    report(office)
    assert states(office)["T-ALL/1"] == "open"
    assert owed(office)["T-ALL/1"].sent_to == frozenset()


def test_what_the_sponsor_did_not_take_is_for_a_person_to_send_again(office: Office, clock: Adjustable) -> None:
    report(office, **FATAL)
    said = {"subject": "S1", "number": 1, "obligation": "T-SITE/1"}
    clock.now += DAY
    rejected = b.built(Rejected, **said, recipient="sponsor", rejected_at=clock.now)
    office.do("obligation.reject", rejected, by="OPERATOR")
    office.do("adverse_event.follow_up", b.followed_up(serious="Y"))
    assert states(office)["T-SITE/1"] == "rejected"
    (event, *_) = submit(office, "T-SITE/1", by="LIN", filed_as=2)
    assert event.__dict__["filed_as"] is None, "a form cannot say which filing is a report"
    assert states(office)["T-SITE/1"] == "submitted"


def test_what_would_have_been_owed_to_the_sponsor_was_reported_by_the_filing(office: Office, clock: Adjustable) -> None:
    report(office)
    report(office, aware=b.aware(T0 - 3 * DAY))
    clock.now += 30 * DAY
    states = {stream: folded(office.journal.stream(stream)) for stream in ("T1/trial", "T1/subject/S1")}
    (adopted,) = office.desk.would("trial.adopt_rule_pack", b.pack_adopted(OTHER), by="CHEN")
    would = list(would_owe("T1", states, adopted, clock.now))  # type: ignore[arg-type]  # it is the adoption
    late = {(row["number"], row["obligation"]): row["late"] for row in compare([], would, clock.now)["only_under_it"]}
    assert late == {(1, "O-SITE/1"): False, (1, "O-15/1"): True, (2, "O-SITE/1"): True, (2, "O-15/1"): True}
