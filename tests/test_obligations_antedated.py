"""A report that was in time by what was told when it was sent is late where its party is told later to have known sooner."""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from safety.aggregates.alert import Raised, Settled
from safety.aggregates.deciding import Form
from safety.aggregates.obligation import Antedated, Opened, Rejected
from safety.packaged import pack_texts
from safety.projections.obligations import obligations
from safety.projections.words import sentence
from safety.values import Party
from safety.web.asking import Asked
from safety.web.case_record import NAMED
from safety.web.showing import Show
from safety.web.words import words
from tests import builders as b
from tests.builders import T0
from tests.desks import Office
from tests.duties import DAY, FATAL, Adjustable, adopt, assess, owed, report, states, submit
from tests.golden_obligations import PACK as GOLD

SOONER: dict[str, Any] = {"term": "Fever", "serious": "Y"}
"""Says itself that there is an adverse event, and that it is serious."""


@pytest.fixture
def clock() -> Adjustable:
    return Adjustable()


@pytest.fixture
def office(tmp_path: Path, clock: Adjustable) -> Iterator[Office]:
    opened = Office(tmp_path / "log.db", clock).begin()
    yield opened
    opened.close()


def told(office: Office, position: int | None = None) -> dict[str, dict[str, Any]]:
    """The obligations as the view tells them, by name; as of a position, or now."""
    views = b.views_beside(office.file)
    views.catch_up(office.journal)
    with views.connect() as connection:
        at = views.now(connection)
        at = at if position is None else type(at)(position)
        found = obligations(connection, "T1", at, office.clock())["obligations"]
    assert views.check(office.journal) == []
    views.close()
    return {row["obligation"]: row for row in found}


def follow_up(office: Office, by: str = "LIN", **fields: Any) -> list[Antedated]:  # noqa: ANN401, a follow-up's fields
    events = office.do("adverse_event.follow_up", b.followed_up(**fields), by=by).events
    assert not any(isinstance(event, Opened) and event.rule in {"T-SITE", "T-15"} for event in events)
    return [event for event in events if isinstance(event, Antedated)]


SITE = [("Reg. 536/2014 Art. 41(2)", "EU-CTR", "EU-INV"), ("NHMRC 2016: 24 hours", "AU-TGA", "AU-INV")]
SPONSOR = [
    ("ICH E2A III.B.2", "ICH-E2A", "E2A-15"),
    ("21 CFR 312.32(c)(1)", "US-FDA-IND", "US-15"),
    ("Reg. 536/2014 Art. 42(2)(b)", "EU-CTR", "EU-15"),
    ("CDE 2018: Day 0", "CN-NMPA-DRUG", "CN-15"),
]


@pytest.mark.parametrize(("clause", "pack", "rule"), SITE, ids=[one[0] for one in SITE])
def test_the_site_knew_sooner_than_its_filing_said(
    office: Office, clock: Adjustable, clause: str, pack: str, rule: str
) -> None:
    adopt(office, pack_texts()[pack])
    report(office, aware=b.aware(T0))
    before = office.position
    assert told(office)[f"{rule}/1"]["timeliness"] == "met", clause
    clock.now += 4 * DAY
    event = next(
        one for one in follow_up(office, **SOONER, aware=b.aware(T0 - 3 * DAY)) if one.obligation == f"{rule}/1"
    )
    row = told(office)[f"{rule}/1"]
    assert (row["state"], row["timeliness"], row["day0"]) == ("submitted", "met_late", "2026-02-26")
    assert event.because[0].startswith("Day 0 was read as 2026-03-01 when the report was sent;")
    assert any("serious: true, stated at 2026-02-26" in line for line in row["because"])
    assert told(office, before)[f"{rule}/1"]["timeliness"] == "met", "as of then it was in time"


@pytest.mark.parametrize(("clause", "pack", "rule"), SPONSOR, ids=[one[0] for one in SPONSOR])
def test_the_sponsor_knew_sooner_than_its_report_was_counted_from(
    office: Office, clock: Adjustable, clause: str, pack: str, rule: str
) -> None:
    adopt(office, pack_texts()[pack])
    report(office, by="CHEN", aware=b.aware(T0, party="sponsor"))
    clock.now += 10 * DAY
    submit(office, f"{rule}/1")
    assert told(office)[f"{rule}/1"]["timeliness"] == "met", clause
    (event,) = follow_up(office, by="CHEN", **SOONER, aware=b.aware(T0 - 8 * DAY, party="sponsor"))
    assert (event.obligation, str(event.due_on)) == (f"{rule}/1", "2026-03-08")
    assert told(office)[f"{rule}/1"]["timeliness"] == "met_late"


def test_a_correction_that_says_more_counts_from_what_it_puts_right(office: Office, clock: Adjustable) -> None:
    adopt(office)
    report(office, serious="N", aware=b.aware(T0))
    clock.now += 2 * DAY
    assess(office, by="LIN", serious="Y")
    assert told(office)["T-SITE/1"]["timeliness"] == "met"
    clock.now += DAY
    office.do("adverse_event.correct", b.corrected("S1", 1, "AESHOSP", hospitalisation="Y"))
    row = told(office)["T-SITE/1"]
    assert row["timeliness"] == "met"
    assert row["day0"] == "2026-03-03", "the criterion was assessed with the seriousness, and that is put right"
    office.do("adverse_event.correct", b.corrected("S1", 1, "AEOUT", outcome="FATAL"))
    row = told(office)["T-SITE/1"]
    assert (row["day0"], row["timeliness"], row["filed_as"]) == ("2026-03-01", "met_late", 3)


def test_known_sooner_and_still_in_time_it_is_met_with_the_day_it_was_known(office: Office, clock: Adjustable) -> None:
    adopt(office)
    report(office, aware=b.aware(T0))
    clock.now += DAY
    assert len(follow_up(office, **SOONER, aware=b.aware(T0 - DAY / 4))) == 1
    assert told(office)["T-SITE/1"]["timeliness"] == "met"
    assert told(office)["T-SITE/1"]["starts_at"] == (T0 - DAY / 4).isoformat().replace("+00:00", "Z")


def test_what_is_told_again_or_as_known_later_changes_nothing(office: Office, clock: Adjustable) -> None:
    adopt(office)
    report(office, aware=b.aware(T0))
    clock.now += 4 * DAY
    assert len(follow_up(office, **SOONER, aware=b.aware(T0 - 3 * DAY))) == 1
    assert follow_up(office, **SOONER, aware=b.aware(T0 - 3 * DAY)) == []
    assert follow_up(office, **SOONER, aware=b.aware(T0 - DAY)) == []
    assert follow_up(office, **SOONER) == []
    assert len(follow_up(office, **SOONER, aware=b.aware(T0 - 5 * DAY))) == 1


def test_what_is_rejected_after_that_is_overdue_at_once(office: Office, clock: Adjustable) -> None:
    adopt(office)
    report(office, by="CHEN", aware=b.aware(T0, party="sponsor"), **FATAL)
    clock.now += 3 * DAY
    submit(office, "T-7/1")
    follow_up(office, by="CHEN", **SOONER, outcome="FATAL", aware=b.aware(T0 - 6 * DAY, party="sponsor"))
    assert owed(office)["T-7/1"].opened.day0.isoformat() == "2026-02-23"
    clock.now += DAY
    said = {"subject": "S1", "number": 1, "obligation": "T-7/1"}
    rejected = b.built(Rejected, **said, recipient="Authority", rejected_at=clock.now)
    office.do("obligation.reject", rejected, by="CHEN")
    assert told(office)["T-7/1"]["timeliness"] == "overdue"
    assert states(office)["T-7/1"] == "rejected"


# Who is alerted


def alerts(events: Iterable[Form]) -> list[tuple[str, str, str, tuple[str, ...]]]:
    """Rule, role, urgency and concern of what a decision calls for, beside the clocks that begin with it."""
    raised = [one for one in events if isinstance(one, Raised) and one.rule != "OBLIGATION-OPENED"]
    return [(one.rule, one.role, one.urgency, one.concerning) for one in raised]


def knew_sooner(office: Office, by: timedelta, **fields: Any) -> tuple[Form, ...]:  # noqa: ANN401, a follow-up's fields
    """Have the sponsor say that it knew so much sooner, and give all that it comes to: it is one append."""
    aware = b.aware(T0 - by, party="sponsor")
    return office.do("adverse_event.follow_up", b.followed_up(**SOONER, aware=aware, **fields), by="CHEN").events


@pytest.mark.parametrize("party", ["site", "sponsor"])
def test_who_owed_a_report_that_turns_out_late_is_told_in_the_same_append(
    office: Office, clock: Adjustable, party: Party
) -> None:
    site = ("LIN", "T-SITE", "investigator")
    by, rule, role = site if party == "site" else ("CHEN", "T-15", "safety_officer")
    adopt(office)
    report(office, by=by, aware=b.aware(T0, party=party))
    clock.now += 4 * DAY
    if by == "CHEN":
        submit(office, "T-15/1")
    before = office.position
    sooner = b.followed_up(**SOONER, aware=b.aware(T0 - 13 * DAY, party=party))
    done = office.do("adverse_event.follow_up", sooner, by=by)
    assert alerts(done.events) == [("OBLIGATION-LATE", role, "digest", ("S1/1", f"{rule}:1"))]
    (late,) = (one for one in done.events if isinstance(one, Raised) and one.rule == "OBLIGATION-LATE")
    assert (late.due_at, late.remind_at, late.next_at is not None) == (None, None, True), "with the next digest"
    assert done.positions == range(before + 1, office.position + 1)


def test_what_is_still_in_time_or_was_late_before_calls_nobody(office: Office, clock: Adjustable) -> None:
    adopt(office)
    report(office, by="CHEN", aware=b.aware(T0, party="sponsor"))
    clock.now += 4 * DAY
    submit(office, "T-15/1")
    assert alerts(knew_sooner(office, 2 * DAY)) == [], "known sooner, and in time"
    assert [rule for rule, *_ in alerts(knew_sooner(office, 13 * DAY))] == ["OBLIGATION-LATE"]
    assert alerts(knew_sooner(office, 14 * DAY)) == [], "that it was late is known"
    assert told(office)["T-15/1"]["day0"] == "2026-02-15"


def rejected(office: Office, name: str) -> tuple[Form, ...]:
    said = {"subject": "S1", "number": 1, "obligation": name, "recipient": "Authority"}
    return office.do("obligation.reject", b.built(Rejected, **said, rejected_at=office.clock()), by="CHEN").events


def test_a_rejected_clock_that_comes_forward_is_told_anew_and_not_as_it_was(office: Office, clock: Adjustable) -> None:
    adopt(office)
    report(office, by="CHEN", aware=b.aware(T0, party="sponsor"))
    clock.now += 2 * DAY
    submit(office, "T-15/1")
    (was,) = (one for one in rejected(office, "T-15/1") if isinstance(one, Raised))
    events = knew_sooner(office, 8 * DAY)
    assert alerts(events) == [("OBLIGATION-ANTEDATED", "safety_officer", "urgent", ("S1/1", "T-15:1"))]
    assert [one.alert for one in events if isinstance(one, Settled)] == [was.alert]
    (now,) = (one for one in events if isinstance(one, Raised))
    assert was.due_at is not None
    assert now.due_at == owed(office)["T-15/1"].opened.due_at == was.due_at - 8 * DAY
    paid = [one.alert for one in submit(office, "T-15/1") if isinstance(one, Settled)]
    assert paid == [now.alert]
    (again,) = (one for one in rejected(office, "T-15/1") if isinstance(one, Raised))
    assert (again.rule, again.due_at) == ("OBLIGATION-REJECTED", now.due_at)
    assert len({was.alert, now.alert, again.alert}) == 3


def test_rejected_by_one_while_another_waits_the_first_alert_gives_way(office: Office, clock: Adjustable) -> None:
    adopt(office, GOLD)
    report(office)
    clock.now += DAY
    assert [one for one in submit(office, "GOLD-15/1", to=("Authority",)) if isinstance(one, Settled)] == []
    first, raised = (one for one in rejected(office, "GOLD-15/1")[1:])
    assert (type(first), type(raised)) == (Settled, Raised)
    ends = [one.__dict__["alert"] for one in submit(office, "GOLD-15/1") if isinstance(one, Settled)]
    assert ends == [raised.__dict__["alert"]], "nobody is reminded of what is sent"


def test_the_case_page_and_the_audit_trail_say_so(office: Office, clock: Adjustable) -> None:
    adopt(office)
    report(office, aware=b.aware(T0))
    clock.now += DAY
    (event,) = follow_up(office, **SOONER, aware=b.aware(T0 - 3 * DAY))
    mark, _, text, fill = NAMED["obligation.antedated"]
    page = Show(words("en"), "Asia/Shanghai")
    shown = text % fill(cast("Asked", SimpleNamespace(show=page)), event.__dict__)
    assert (mark, shown) == ("soon", "Obligation T-SITE/1 was due earlier than first thought: Day 0 is 26 Feb 2026")
    assert "was due earlier than first thought, Day 0 2026-02-26, before 2026-02-27" in sentence(event)
