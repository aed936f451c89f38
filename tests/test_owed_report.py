"""To whom the report of an alert goes and what its limit is, read from the log: of a clock, its reminder, and a periodic report."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import TypeVar

import pytest

from notifications.owed_report import Limit, OwedReport, report_of
from safety.aggregates.alert import Raised
from safety.aggregates.periodic_report import Opened
from safety.journal.states import folded
from safety.regulation.periodic import period_ending
from safety.values import microseconds
from tests import builders as b
from tests.desks import Office
from tests.duties import FATAL, Adjustable, adopt, owed, report, submit
from tests.rule_packs import PACK

S = TypeVar("S")
AT_ONCE = PACK.replace('limit = 24\nunit = "hour"', 'unit = "immediately"').replace(
    'limit = 7\nunit = "calendar_day"', 'unit = "calendar_day"\nrequires_confirmation = true'
)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    opened = Office(tmp_path / "log.db", Adjustable()).begin()
    yield opened
    opened.close()


def told(office: Office, rule: str, *concerning: str) -> OwedReport | None:
    def states(stream: str, of: type[S]) -> S:
        return folded(office.journal.stream(stream)).slice(of)

    return report_of(states, "T1", rule, concerning)


def raised(office: Office) -> dict[str, Raised]:
    """The alerts of clocks, by what they concern beside the adverse event."""
    events = [one.event for one in office.journal.read()]
    return {one.concerning[-1]: one for one in events if isinstance(one, Raised) and one.rule == "OBLIGATION-OPENED"}


def test_a_clock_says_its_recipients_and_who_has_the_report_already(office: Office) -> None:
    adopt(office)
    report(office, **FATAL)
    alert = raised(office)["T-7:1"]
    found = told(office, alert.rule, *alert.concerning)
    runs_from = microseconds(owed(office)["T-7/1"].opened.starts_at)
    assert found == OwedReport(("Authority",), "sponsor", runs_from=runs_from)
    assert found is not None
    assert found.words() == "report to Authority, owed by the sponsor"
    assert told(office, "DUE-REMINDER", *alert.concerning) == found
    submit(office, "T-7/1")
    for rule in ("DUE-REMINDER", "OBLIGATION-ANTEDATED", "OBLIGATION-LATE"):
        assert told(office, rule, *alert.concerning) == found._replace(has=("Authority",))


def test_what_is_unsure_is_said_to_be(office: Office) -> None:
    adopt(office)
    report(office)
    found = told(office, "OBLIGATION-OPENED", "S1/1", "T-15:1")
    assert found is not None
    assert found.unsure
    assert "UNSURE" in found.words()


def test_a_clock_without_a_date_says_why_it_has_none(office: Office) -> None:
    adopt(office, AT_ONCE)
    report(office, **FATAL)
    limits = {
        alert.concerning[-1]: said.told["limit"]
        for alert in raised(office).values()
        if (said := told(office, alert.rule, *alert.concerning)) is not None
    }
    assert limits["T-7:1"] == "UNSURE: its limit could not be confirmed; a person must confirm it"
    site = told(office, "OBLIGATION-OPENED", "S1/1", "T-SITE:1")
    assert site is not None
    assert site.limit == Limit("immediately")
    assert site.limit.words() == "due immediately: the text gives no number"
    assert Limit("working_day", 5).words() == "due within 5 working days: a person must count them"


def test_a_periodic_report_says_its_recipients(office: Office) -> None:
    last = date(2019, 10, 31)
    period = period_ending(None, "dsur", "Asia/Shanghai", last)
    opened = b.built(Opened, kind="dsur", period=last.isoformat(), owed=period.model_dump())
    b.append(office.journal, opened)
    found = told(office, "PERIODIC-REPORT-ISSUED", "dsur 2019-10-31")
    assert found is not None
    assert found.words().startswith("report to regulator, ethics committee (UNSURE: ")
    assert found.told["limit"] == "no due time: its period is none of the schedule"


@pytest.mark.parametrize(
    ("rule", "concerning"),
    [
        ("SAE-REPORTED", ("S1/1",)),
        ("SAE-IMPORTED", ("S1/1", "S1/2")),
        ("UNDELIVERABLE", ("MESSAGE/M-1", "ACCOUNT:CHEN")),
        ("OBLIGATION-OPENED", ("S1/1", "T-7:1")),
        ("PERIODIC-REPORT-ISSUED", ("dsur 2019-10-31",)),
        ("CLOCK-JUMPED", ()),
    ],
)
def test_what_calls_for_no_report_or_for_one_that_is_not_on_record_says_none(
    office: Office, rule: str, concerning: tuple[str, ...]
) -> None:
    assert told(office, rule, *concerning) is None


UNSURE_PACK = PACK.replace('title = "', 'unsure = "the first day of this text is not known"\ntitle = "', 1)


def test_a_report_under_a_pack_of_which_something_is_unsure_says_that(office: Office) -> None:
    adopt(office, UNSURE_PACK)
    report(office, **FATAL)
    found = told(office, "OBLIGATION-OPENED", "S1/1", "T-7:1")
    assert found is not None
    assert (found.unsure, found.rests_on_unsure, found.told["unsure"]) == (False, True, True)
    doubt = " (UNSURE: it rests on something that is not confirmed)"
    assert found.words() == f"report to Authority, owed by the sponsor{doubt}"


def test_what_is_unsure_is_said_once(office: Office) -> None:
    adopt(office, AT_ONCE.replace('title = "', 'unsure = "the first day of this text is not known"\ntitle = "', 1))
    report(office, **FATAL)
    found = told(office, "OBLIGATION-OPENED", "S1/1", "T-7:1")
    assert found is not None
    assert f"{found.words()}{found.told['limit']}".count("UNSURE") == 1
    site = told(office, "OBLIGATION-OPENED", "S1/1", "T-SITE:1")
    assert site is not None
    assert f"{site.words()}{site.told['limit']}".count("UNSURE") == 1
