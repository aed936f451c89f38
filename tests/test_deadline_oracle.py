"""The deadline oracle itself, held against vectors and cases worked out by hand from the clauses."""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.deadline_calendar import beginning, days_later, hours_later, local_day
from tests.deadline_clauses import BOOKS
from tests.deadline_moments import Said, Told
from tests.deadline_oracle import Answer, Case, answer
from tests.deadline_timelines import timeline

pytestmark = pytest.mark.uncovered

VECTORS = Path(__file__).parents[2] / "shared" / "data" / "deadlines" / "deadline_vectors.json"
KNOWN: Said = {"minimum_criteria": True, "serious": True, "unexpected": True, "exposed": True}
BOTH: Said = {"related_investigator": True, "related_sponsor": True}
REPORTABLE = KNOWN | BOTH
FATAL: Said = {"fatal": True}


def shanghai(day: str) -> datetime:
    return datetime.fromisoformat(day if "T" in day else f"{day}T10:00").replace(tzinfo=UTC) - timedelta(hours=8)


def case(book: str, *told: tuple[str, Mapping[str, bool | str | None]], party: str = "sponsor", **kept: Any) -> Case:  # noqa: ANN401 - the options of a case, as they come
    return Case((book,), "Asia/Shanghai", tuple(Told(shanghai(day), party, said) for day, said in told), **kept)


def rows(found: list[Answer]) -> set[tuple[str, str, str, str]]:
    return {(one.rule, str(one.day0), str(one.due_on or one.due_at), one.state) for one in found}


def rules(found: list[Answer]) -> set[str]:
    return {one.rule for one in found}


@pytest.mark.skipif(not VECTORS.is_file(), reason="the outside data ../shared/data/deadlines is not here")
def test_the_thirteen_vectors() -> None:
    vectors = json.loads(VECTORS.read_text())
    assert len(vectors) == 13
    for vector in vectors:
        start, zone = datetime.fromisoformat(vector["start"]), vector["tz"]
        day0 = local_day(start, zone)
        due = days_later(day0, vector["limit"])
        days = {
            "day0": str(day0),
            "due_date": str(due),
            "overdue_at_utc": beginning(days_later(due, 1), zone).isoformat(),
        }
        counted = hours_later(start, vector["limit"]).isoformat() if vector["unit"] == "hour" else days
        assert counted == vector["expect"], vector["name"]


@pytest.mark.parametrize(
    ("day", "zone", "begins"),
    [
        ("2011-12-30", "Pacific/Apia", "2011-12-30T10:00"),  # there was no such day: the next began then
        ("2011-12-31", "Pacific/Apia", "2011-12-30T10:00"),
        ("2018-11-04", "America/Sao_Paulo", "2018-11-04T03:00"),  # midnight was skipped: the day began at 01:00
        ("2018-02-18", "America/Sao_Paulo", "2018-02-18T03:00"),  # 23:00 to 24:00 came twice: midnight once, after both
        ("2010-11-07", "America/St_Johns", "2010-11-07T02:30"),  # at 00:01 back to 23:01: the first of two midnights
        ("2024-11-03", "America/Havana", "2024-11-03T04:00"),  # at 01:00 back to 00:00: the first of two midnights
    ],
)
def test_where_a_day_begins_when_its_midnight_is_missing_or_comes_twice(day: str, zone: str, begins: str) -> None:
    assert beginning(date.fromisoformat(day), zone) == datetime.fromisoformat(begins).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("sent", "due"), [("2020-03-09", "2020-03-17"), ("2020-03-05", "2020-03-13"), ("2020-03-11", "2020-03-17")]
)
def test_china_wants_the_rest_eight_days_after_sending_and_never_after_day_15(sent: str, due: str) -> None:
    found = answer(case("CN-NMPA-DRUG", ("2020-03-02", REPORTABLE | FATAL), (sent, {"submitted": "CN-7"})))
    assert ("CN-7F", sent, due, "open") in rows(found)


@pytest.mark.parametrize("book", ["UK-MHRA-2026", "CA-HC"])
def test_eight_days_count_from_the_report_actually_sent(book: str) -> None:
    name = book[:2]
    found = answer(case(book, ("2026-06-01", REPORTABLE | FATAL), ("2026-06-03", {"submitted": f"{name}-7"})))
    assert (f"{name}-7F", "2026-06-03", "2026-06-11", "open") in rows(found)


def test_the_version_in_force_on_the_local_day() -> None:
    for day, expected in [("2018-04-30", {"CN07-24H", "CN03-INV"}), ("2020-07-01", {"CN-INV-20", "CN-EC-20"}),
                          ("2026-08-31T23:59", {"CN-INV-20", "CN-EC-20"}), ("2026-09-01T00:00", {"CN-INV-26", "CN-EC-26"})]:  # fmt: skip
        assert rules(answer(case("CN-NMPA-DRUG", (day, REPORTABLE), party="site"))) == expected
    assert rules(answer(case("CN-NMPA-DRUG", ("2018-04-30", REPORTABLE)))) == {"CN03-SPON"}
    assert rules(answer(case("CN-NMPA-DRUG", ("2018-05-01", REPORTABLE)))) == {"CN03-SPON", "CN-15"}
    unbound = {"cde_standard_binds": False}
    assert rules(answer(case("CN-NMPA-DRUG", ("2018-05-01", REPORTABLE), configuration=unbound))) == {"CN03-SPON"}


@pytest.mark.parametrize("book", ["EU-CTR", "CN-NMPA-DRUG", "UK-MHRA-2026", "ICH-E2A"])
def test_anticipated_and_the_sponsors_no_hold_back_the_united_states_alone(book: str) -> None:
    anticipated = REPORTABLE | {"anticipated": True}
    denied = REPORTABLE | {"related_sponsor": False}
    only_sponsor = REPORTABLE | {"related_investigator": False}
    for said, there in [(anticipated, set()), (denied, set()), (only_sponsor, {"US-15"})]:
        assert rules(answer(case("US-FDA-IND", ("2026-07-01", said)))) == there
        assert any(rule.endswith("-15") for rule in rules(answer(case(book, ("2026-07-01", said)))))


def test_an_exemption_counts_only_with_the_agreement() -> None:
    exempt: Said = REPORTABLE | {"protocol_exempt": True}
    agreed: Said = exempt | {"exemption_agreed": True}
    assert rules(answer(case("UK-MHRA-2026", ("2026-07-01", exempt)))) == {"UK-15"}
    assert rules(answer(case("UK-MHRA-2026", ("2026-07-01", agreed)))) == set()
    assert rules(answer(case("US-FDA-IND", ("2026-07-01", exempt), party="site"))) == {"US-INV"}
    assert rules(answer(case("US-FDA-IND", ("2026-07-01", agreed), party="site"))) == set()


def test_silence_counts_as_related_unexpected_and_exposed_but_not_as_valid() -> None:
    bare: Said = {"minimum_criteria": True, "serious": True}
    more: list[Said] = [
        {},
        {"related_sponsor": False},
        {"related_investigator": False},
        {"exposed": False},
        {"minimum_criteria": None},
    ]
    found = [rules(answer(case("ICH-E2A", ("2020-03-02", bare | words)))) for words in more]
    assert found == [{"E2A-15"}, {"E2A-15"}, set(), set(), set()]


@pytest.mark.parametrize(("upgraded", "due"), [("2024-03-04", "2024-03-11"), ("2024-03-14", "2024-03-16")])
def test_an_upgrade_before_sending_is_one_report_and_postpones_nothing(upgraded: str, due: str) -> None:
    found = rows(answer(case("EU-CTR", ("2024-03-01", REPORTABLE), (upgraded, FATAL))))
    assert found == {("EU-15", "2024-03-01", "2024-03-16", "superseded"), ("EU-7UP", upgraded, due, "open")}


def test_an_upgrade_after_sending_has_a_clock_of_its_own() -> None:
    told = (("2024-03-01", REPORTABLE), ("2024-03-10", {"submitted": "EU-15"}), ("2024-03-14", FATAL),
            ("2024-03-20", {"submitted": "EU-7UP"}), ("2024-03-25", {"new_information": True}))  # fmt: skip
    assert rows(answer(case("EU-CTR", *told))) == {
        ("EU-15", "2024-03-01", "2024-03-16", "submitted"),
        ("EU-7UP", "2024-03-14", "2024-03-21", "submitted"),
        ("EU-7F", "2024-03-20", "2024-03-28", "open"),
        ("EU-FU", "2024-03-25", "2024-04-09", "open"),
    }


def test_what_was_judged_away_is_late_from_its_determination() -> None:
    told = (("2024-03-01", REPORTABLE | {"unexpected": False}), ("2024-03-11", {"unexpected": True}),
            ("2024-03-13", {"determined": True}))  # fmt: skip
    assert rows(answer(case("US-FDA-IND", *told))) == {("US-LATE", "2024-03-13", "2024-03-28", "open")}
    assert rows(answer(case("US-FDA-IND", *told[:2]))) == {("US-LATE", "2024-03-11", "2024-03-26", "open")}


def test_a_signed_downgrade_cancels_and_the_investigators_view_stands() -> None:
    downgrade: Said = {"downgraded": True}
    start = ("2020-03-02", REPORTABLE | FATAL)
    lesser = answer(case("ICH-E2A", start, ("2020-03-04", downgrade | {"fatal": False})))
    assert rows(lesser) == {
        ("E2A-7", "2020-03-02", "2020-03-09", "cancelled"),
        ("E2A-15", "2020-03-02", "2020-03-17", "open"),
    }
    denied = answer(case("ICH-E2A", start, ("2020-03-04", downgrade | {"related_sponsor": False})))
    assert rows(denied) == {("E2A-7", "2020-03-02", "2020-03-09", "open")}
    silent = ("2020-03-02", REPORTABLE | FATAL | {"related_investigator": None})
    unanswered = answer(case("ICH-E2A", silent, ("2020-03-04", downgrade | {"related_sponsor": False})))
    assert rows(unanswered) == {("E2A-7", "2020-03-02", "2020-03-09", "open")}
    merely = answer(case("ICH-E2A", start, ("2020-03-04", {"fatal": False})))
    assert rows(merely) == {("E2A-7", "2020-03-02", "2020-03-09", "open")}


def test_nothing_takes_the_place_of_what_a_downgrade_took_away() -> None:
    fatal_later = (("2024-03-01", REPORTABLE | {"related_investigator": None}), ("2024-03-02", FATAL))
    dropped = answer(
        case("EU-CTR", *fatal_later, ("2024-03-03", {"downgraded": True}), ("2024-03-04", {"after_trial": True}))
    )
    assert {(one.rule, one.state) for one in dropped} == {("EU-15", "superseded"), ("EU-7UP", "cancelled")}
    judged_late = (("2024-03-01", REPORTABLE | {"unexpected": False}), ("2024-03-02", {"unexpected": True}),
                   ("2024-03-03", {"downgraded": True}), ("2024-03-04", {"handled": True}))  # fmt: skip
    late = ("US-LATE", "2024-03-02", "2024-03-17", "cancelled")
    assert rows(answer(case("US-FDA-IND", *judged_late))) == {late}


def test_a_void_case_closes_and_tells_those_who_were_told() -> None:
    sent = (("2024-03-01", REPORTABLE), ("2024-03-10", {"submitted": "EU-15"}), ("2024-03-14", {"nullified": True}))
    assert rows(answer(case("EU-CTR", *sent, ("2024-03-20", FATAL)))) == {
        ("EU-15", "2024-03-01", "2024-03-16", "submitted"),
        ("EU-FU", "2024-03-14", "2024-03-29", "open"),
    }
    assert {one.state for one in answer(case("EU-CTR", *sent[::2]))} == {"cancelled"}


def test_one_who_is_both_knows_at_once() -> None:
    told = (Told(shanghai("2020-03-02"), "site", REPORTABLE), Told(shanghai("2020-03-09"), "sponsor", {}))
    apart = Case(("ICH-E2A",), "Asia/Shanghai", told)
    assert rows(answer(apart)) == set()
    assert rows(answer(apart._replace(sponsor_investigator=True))) == {("E2A-15", "2020-03-02", "2020-03-17", "open")}


def test_across_borders_the_earlier_of_two_days() -> None:
    at = ("2020-03-03T03:00", REPORTABLE | FATAL)  # 14:00 on 2 March in New York, where 9 March ends after Shanghai's
    assert answer(case("US-FDA-IND", at, authority_zone=True))[1].due_at == datetime(2020, 3, 10, 4, tzinfo=UTC)
    assert answer(case("US-FDA-IND", at))[1].due_at == datetime(2020, 3, 10, 16, tzinfo=UTC)


def test_handled_counts_from_the_end_of_handling() -> None:
    told = (("2020-03-02", REPORTABLE), ("2020-03-20", {"handled": True}))
    found = rows(answer(case("CN-STEMCELL-2015", *told, party="site")))
    assert ("CN-SC-15F", "2020-03-20", "2020-04-04", "open") in found
    assert ("CN-SC-HALT", "2020-03-02", "None", "open") in found


def test_the_timelines_reach_every_clause_and_every_end_of_a_clock() -> None:
    found = [one for seed in range(1_000) for one in answer(timeline(seed))]
    assert rules(found) == {clause.id for book in BOOKS.values() for clause in book.clauses}
    assert {one.state for one in found} == {"open", "submitted", "superseded", "cancelled"}
