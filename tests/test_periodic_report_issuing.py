"""Reports are issued by the tick: once, whenever it comes, each from the position of its lock point; and how they stand."""

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from threading import Barrier, Thread

import pytest
from jinja2 import UndefinedError

from safety.aggregates.account import NotPermitted
from safety.aggregates.periodic_report import REPORT_ISSUED
from safety.journal.verification import verify
from safety.projections import At, Connection
from safety.projections.periodic_report import periodic_reports
from safety.reports import issuing
from safety.reports.document import Lock
from safety.reports.due import due
from safety.reports.issuing import issue_all, issue_due
from safety.reports.rendering import Rendered, render
from safety.tick import DUTIES, tick
from tests import builders as b
from tests.periodic_home import Desk, at, owing
from tests.test_periodic_report import REGISTERED, TRIAL, acknowledged, issued, opened, period, submitted

LOCKED = "2016-02-29T16:00Z"
"""Midnight in Shanghai, after 29 February 2016."""


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path / "home")
    made.append("2015-04-01T00:00Z", REGISTERED, b.enrolled(), b.given())
    made.append("2016-01-01T00:00Z", b.reported(serious="Y", causality="POSSIBLE"))
    yield made
    made.close()


def test_nothing_is_issued_before_the_lock_point_and_all_of_it_at_once_after(desk: Desk) -> None:
    assert desk.tick("2016-02-29T15:59:59Z") == 0
    head = desk.journal.head().position
    assert desk.tick(LOCKED) == 1
    assert desk.topics()[head:] == ["periodic_report.opened", "periodic_report.issued", "alert.raised"]


def test_who_has_to_submit_it_is_told_in_the_same_append_with_its_limit(desk: Desk) -> None:
    desk.tick(LOCKED)
    (alert,) = desk.of("alert.raised")
    assert (alert.rule, alert.role, alert.concerning) == (REPORT_ISSUED, "safety_officer", ("dsur 2016-02-29",))
    assert (alert.due_at, alert.urgency) == (period().due_at, "digest")
    rows = list(desk.journal.rows(desk.journal.head().position - 2))
    assert rows[0].recorded_at == rows[1].recorded_at
    assert rows[0].topic == "periodic_report.issued.v1"


def test_the_tick_issues_reminds_before_the_limit_and_no_more_once_it_was_submitted(desk: Desk) -> None:
    def ticks(moment: str) -> int:
        desk.now = at(moment)
        tick(desk.home.desk, desk.home.views, desk.now, duties=(*DUTIES, issue_due))
        return desk.topics().count("periodic_report.issued")

    def reminders() -> list[int | None]:
        return [alert.reminder for alert in desk.of("alert.raised") if alert.reminds is not None]

    assert [ticks(moment) for moment in ("2016-02-29T15:59Z", LOCKED, LOCKED, "2016-03-05T00:00Z")] == [0, 1, 1, 1]
    assert reminders() == []
    ticks("2016-04-29T15:59Z")
    before_the_limit = reminders()
    assert before_the_limit != []
    desk.do("2016-04-29T15:59:30Z", "periodic_report.submit", submitted())
    assert desk.topics()[-1] == "periodic_report.submitted", "the ethics committee has still to get it"
    desk.do("2016-04-29T15:59:40Z", "periodic_report.submit", submitted("EC"))
    assert desk.topics()[-2:] == ["periodic_report.submitted", "alert.settled"]
    desk.do("2016-04-29T15:59:50Z", "periodic_report.submit", submitted("SITE"))
    assert desk.topics()[-1] == "periodic_report.submitted"
    ticks("2016-05-10T00:00Z")
    assert reminders() == before_the_limit


def test_it_is_issued_once_although_the_tick_comes_twice_or_late(desk: Desk) -> None:
    assert [desk.tick(moment) for moment in (LOCKED, LOCKED, "2016-03-01T00:00Z", "2016-12-01T00:00Z")] == [1, 0, 0, 0]
    assert desk.topics().count("periodic_report.issued") == 1
    assert desk.topics().count("alert.raised") == 1


def test_a_late_tick_issues_the_same_bytes_as_one_in_time(desk: Desk, tmp_path: Path) -> None:
    desk.tick(LOCKED)
    late = Desk(tmp_path / "late")
    late.append("2015-04-01T00:00Z", REGISTERED, b.enrolled(), b.given())
    late.append("2016-01-01T00:00Z", b.reported(serious="Y", causality="POSSIBLE"))
    late.append("2016-03-02T00:00Z", b.reported("S1", 2, serious="Y", causality="PROBABLE"))
    assert late.tick("2016-11-11T11:11Z") == 1
    (in_time,), (in_november,) = desk.of("periodic_report.issued"), late.of("periodic_report.issued")
    assert in_time == in_november
    late.close()


def test_missed_ticks_are_made_up_for_and_each_period_has_its_own_reactions(desk: Desk) -> None:
    desk.append("2016-06-01T00:00Z", b.reported("S1", 2, serious="Y", causality="NONE", preferred_term="Chills"))
    desk.append("2017-06-01T00:00Z", b.causality_assessed("S1", 2, "sponsor", "PROBABLE"))
    assert desk.tick("2018-03-05T00:00Z") == 3
    reports = desk.of("periodic_report.issued")
    assert [report.period for report in reports] == ["2016-02-29", "2017-02-28", "2018-02-28"]
    listed = [[number for number in (1, 2) if f"T1 S1/{number}" in report.text] for report in reports]
    # The second became a reaction in the third period: the sponsor called it related then.
    assert listed == [[1], [], [2]]
    assert [report.since_position for report in reports[1:]] == [report.position for report in reports[:-1]]


def test_two_processes_that_tick_at_once_issue_it_once(tmp_path: Path) -> None:
    one = Desk(tmp_path / "home")
    one.append("2015-04-01T00:00Z", REGISTERED, b.enrolled(), b.given())
    other = Desk.__new__(Desk)
    other.now = at(LOCKED)
    other.home = type(one.home)(one.home.settings, one.home.doors, one.journal, one.home._held)
    one.now = at(LOCKED)
    barrier, counts = Barrier(2), []

    def ticks(desk: Desk) -> None:
        barrier.wait()
        counts.append(issue_all(desk.home.desk, desk.home.views, at(LOCKED)))

    threads = [Thread(target=ticks, args=(each,)) for each in (one, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(counts) == 1
    assert one.topics().count("periodic_report.issued") == 1
    other.home.views.close()
    one.close()


def test_a_report_that_cannot_be_rendered_is_told_once_tried_again_and_keeps_no_other_back(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.append("2015-04-02T00:00Z", b.registered(TRIAL, "T2"))

    def broken(connection: Connection, trial: str, lock: Lock) -> Rendered:
        if trial == "T1":
            raise UndefinedError("at.shoe is not defined")
        return render(connection, trial, lock)

    with monkeypatch.context() as patched:
        patched.setattr(issuing, "render", broken)
        assert [desk.tick(LOCKED), desk.tick("2016-03-01T00:00Z")] == [1, 0]
    assert [report.trial for report in desk.of("periodic_report.issued")] == ["T2"]
    told = [alert for alert in desk.of("alert.raised") if alert.rule == issuing.REPORT_FAILED]
    assert [(alert.role, alert.concerning) for alert in told] == [("operator", ("dsur 2016-02-29", "UndefinedError"))]
    assert desk.tick("2016-03-02T00:00Z") == 1
    assert desk.topics().count("periodic_report.opened") == 2


def test_an_opened_report_that_was_not_issued_is_issued_by_the_next_tick(desk: Desk) -> None:
    desk.do(LOCKED, "periodic_report.open", opened(), by="OPERATOR")
    assert desk.tick("2016-03-01T00:00Z") == 1
    assert desk.topics().count("periodic_report.opened") == 1


def test_a_period_that_ended_before_the_trial_was_on_record_is_not_owed_by_this_log(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "home")
    desk.append("2017-06-01T00:00Z", REGISTERED)
    assert desk.tick("2018-03-01T00:00Z") == 1
    assert [report.period for report in desk.of("periodic_report.issued")] == ["2018-02-28"]
    with desk.connection() as connection:
        rows = due(connection, "T1", At(desk.journal.head().position), desk.journal, at("2018-03-01T00:00Z"))
    assert [(row["period"], row["state"]) for row in rows] == [
        ("2016-02-29", "not on record"),
        ("2017-02-28", "not on record"),
        ("2018-02-28", "issued"),
        ("2019-02-28", "ahead"),
    ]
    desk.close()


def test_what_was_opened_keeps_its_dates_when_the_trial_is_amended(desk: Desk) -> None:
    desk.do(LOCKED, "periodic_report.open", opened(), by="OPERATOR")
    amended = b.amended(owing(b.definition(), dsur={"dibd": "2015-05-01"}))
    desk.append("2016-03-01T00:00Z", amended)
    assert desk.tick("2016-03-02T00:00Z") == 1
    assert desk.of("periodic_report.issued")[0].period == "2016-02-29"
    assert desk.tick("2016-05-01T00:00Z") == 1


def test_nobody_but_the_program_issues_and_nobody_but_a_safety_officer_submits(desk: Desk) -> None:
    desk.tick(LOCKED)
    with pytest.raises(NotPermitted):
        desk.do("2016-04-02T00:00Z", "periodic_report.issue", issued())
    with pytest.raises(NotPermitted):
        desk.do("2016-04-02T00:00Z", "periodic_report.submit", submitted(), by="OPERATOR")


@pytest.mark.parametrize(("last", "stands"), [("2016-04-29T15:59:59Z", "met"), ("2016-05-01T00:00:00Z", "met late")])
def test_how_a_report_stands_to_its_limit(desk: Desk, last: str, stands: str) -> None:
    def row(moment: str) -> tuple[str, str | None]:
        with desk.connection() as connection:
            (first, *_) = due(connection, "T1", At(desk.journal.head().position), desk.journal, at(moment))
        return first["state"], first["punctuality"]

    assert row("2016-02-01T00:00Z") == ("ahead", None)
    assert row("2016-03-01T00:00Z") == ("owed", "open")
    desk.tick(LOCKED)
    # Due on 29 April 2016; the first instant that is too late is midnight in Shanghai after it.
    assert row("2016-04-29T15:59:59Z") == ("issued", "open")
    assert row("2016-04-29T16:00Z") == ("issued", "overdue")
    desk.do("2016-05-02T00:00Z", "periodic_report.submit", submitted("EC", "2016-04-29T15:59:59Z"))
    assert row("2016-04-29T15:59:59Z") == ("submitted", "open")
    assert row("2016-06-01T00:00Z") == ("submitted", "overdue"), "one of its two recipients has not got it"
    desk.do("2016-05-03T00:00Z", "periodic_report.submit", submitted("CDE", last))
    assert row("2016-06-01T00:00Z") == ("submitted", stands)
    desk.do("2016-05-04T00:00Z", "periodic_report.acknowledge", acknowledged("CDE", "2016-05-03T00:00Z"))
    assert row("2016-06-01T00:00Z") == ("submitted", stands)
    desk.do("2016-05-04T00:00Z", "periodic_report.acknowledge", acknowledged("EC", "2016-05-03T00:00Z"))
    assert row("2016-06-01T00:00Z") == ("acknowledged", stands)


def test_the_report_stands_whole_in_the_log_sealed_and_as_of_holds_for_it(desk: Desk) -> None:
    desk.tick(LOCKED)
    position = desk.journal.head().position
    (stored,) = [row for row in desk.journal.rows() if row.topic == "periodic_report.issued.v1"]
    assert "Pyrexia" not in stored.body
    assert stored.sealed is not None
    (report,) = desk.of("periodic_report.issued")
    assert "Pyrexia" in report.html
    assert sha256(report.html.encode()).hexdigest() == report.html_sha256
    assert sha256(report.text.encode()).hexdigest() == report.text_sha256
    assert list(verify(desk.journal)) == []
    desk.do("2016-04-02T00:00Z", "periodic_report.submit", submitted("CDE"))
    with desk.connection() as connection:
        (then,) = periodic_reports(connection, "T1", At(position))
        (now,) = periodic_reports(connection, "T1", At(position + 1))
    assert (then["submitted"], now["submitted"]) == ({}, {"CDE": "2016-04-01T00:00:00Z"})
    assert desk.home.views.check(desk.journal) == []
