"""Thousands of random timelines: the program's deadlines and the oracle's are the same, and a planted bug is seen.

VIGILOG_LONG=1 compares ten thousand timelines instead of one thousand.
"""

import os
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from safety.packaged import packaged_packs
from safety.regulation.evaluator import Due, evaluate
from safety.regulation.facts import Fact
from tests.deadline_calendar import beginning, local_day
from tests.deadline_clauses import BOOKS, SITE, SPONSOR
from tests.deadline_moments import Said, Told
from tests.deadline_oracle import Answer, Case, answer
from tests.deadline_timelines import ZONES, as_json, clock_changes, timeline

TIMELINES = 10_000 if "VIGILOG_LONG" in os.environ else 1_000
BLOCKS = 10
PACKS = {pack.id: pack for pack in packaged_packs()}


def evaluated(case: Case) -> list[Due]:
    """The program's obligations of a case."""
    facts = [Fact(at=fact.at, party="site" if fact.party == SITE else "sponsor", said=fact.said) for fact in case.told]
    try:
        found = evaluate(
            [PACKS[book] for book in case.books], facts, zone=case.zone, configuration=case.configuration,
            sponsor_investigator=case.sponsor_investigator, rules_on=case.rules_on, authority_zone=case.authority_zone,
        )  # fmt: skip
    except Exception as fault:
        fault.add_note(as_json(case))
        raise
    return list(found.obligations)


def as_answer(due: Due) -> Answer:
    return Answer(due.rule.id, due.day0, due.due_on, due.due_at, due.state)


def ordered(answers: list[Answer]) -> list[Answer]:
    return sorted(answers, key=lambda one: (one.rule, one.day0, str(one.due_at), one.state))


def difference(seed: int, case: Case, program: list[Answer]) -> str:
    """What the program and the oracle say otherwise, as one can run it again; empty where they agree."""
    oracle, program = answer(case), ordered(program)
    if oracle == program:
        return ""
    alone = {"program": Counter(program) - Counter(oracle), "oracle": Counter(oracle) - Counter(program)}
    said = [f"{side} alone: {one}" for side, some in alone.items() for one in some.elements()]
    said += [f"{side}: {one}" for side, some in (("program", program), ("oracle", oracle)) for one in some]
    return "\n".join([f"seed {seed}", as_json(case), *said])


@pytest.mark.parametrize("block", range(BLOCKS))
def test_every_deadline_is_the_oracles(block: int) -> None:
    size = TIMELINES // BLOCKS
    seeds = range(block * size, (block + 1) * size)
    wrong = {
        seed: difference(seed, case := timeline(seed), [as_answer(due) for due in evaluated(case)]) for seed in seeds
    }
    wrong = {seed: words for seed, words in wrong.items() if words}
    assert not wrong, f"{len(wrong)} of {size} timelines differ: {sorted(wrong)}\n{min(wrong.values(), key=len)}"


# --- what chance hardly ever deals ------------------------------------------------------------------------------------
NEW_YORK = ZoneInfo("America/New_York")
VALID: Said = {"minimum_criteria": True, "serious": True, "unexpected": True, "exposed": True, "related_sponsor": True}
RARE: dict[str, tuple[str, list[tuple[int, Said]]]] = {
    "news of a case that is void, but was reported": (
        "EU-CTR", [(0, VALID), (24, {"submitted": "EU-15"}), (48, {"nullified": True}), (72, {"new_information": True}), (96, VALID)],
    ),
    "not serious, yet fatal: not judged away": (
        "US-FDA-IND", [(0, VALID | {"serious": False, "fatal": True, "anticipated": True}), (24, {"fatal": False, "serious": True}),
                       (48, {"anticipated": False})],
    ),
    "judged while not valid: not judged away": (
        "US-FDA-IND", [(0, VALID | {"unexpected": False, "minimum_criteria": None}), (24, VALID)],
    ),
    "determined, denied, determined again": (
        "US-FDA-IND", [(0, {"determined": True}), (24, {"determined": False}), (48, VALID), (72, {"determined": True})],
    ),
    "downgraded, then determined all the same": (
        "US-FDA-IND", [(0, VALID | {"determined": True}), (24, {"downgraded": True}), (48, {"determined": None}), (72, {"determined": True})],
    ),
    "handled after the report": (
        "CN-STEMCELL-2015", [(0, VALID), (1, {"submitted": "CN-SC-24H"}), (72, {"handled": True}), (96, {"downgraded": True})],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", RARE)
def test_every_rare_deadline_is_the_oracles(name: str) -> None:
    book, told = RARE[name]
    start = datetime(2024, 3, 8, 23, tzinfo=NEW_YORK)
    facts = tuple(Told(start + timedelta(hours=hours), side, said) for hours, said in told for side in (SITE, SPONSOR))
    case = Case((book,), "America/New_York", facts, sponsor_investigator=True)
    assert answer(case)
    assert difference(0, case, [as_answer(due) for due in evaluated(case)]) == ""


def test_a_minute_of_tomorrow_before_the_last_hour_of_today() -> None:
    # Newfoundland put its clocks back at 00:01 until 2011: the later instant has the earlier date.
    start = datetime(2010, 11, 7, 2, 30, 30, tzinfo=UTC)
    facts = (Told(start, SPONSOR, VALID), Told(start + timedelta(minutes=15), SPONSOR, {"handled": True}))
    case = Case(("CA-HC",), "America/St_Johns", facts)
    assert [one.rule for one in answer(case)] == ["CA-15"]
    assert difference(0, case, [as_answer(due) for due in evaluated(case)]) == ""


@pytest.mark.parametrize("zone", ZONES)
def test_every_clock_that_ends_on_a_day_on_which_clocks_change_is_the_oracles(zone: str) -> None:
    for day in clock_changes(zone):
        start = beginning(day - timedelta(days=8), zone) + timedelta(hours=9)
        case = Case(("ICH-E2A",), zone, (Told(start, SPONSOR, VALID | {"fatal": True}),))
        assert difference(0, case, [as_answer(due) for due in evaluated(case)]) == ""


def test_an_hour_that_comes_twice_is_one_instant_in_every_zone() -> None:
    again = datetime(2024, 11, 3, 1, 30, tzinfo=NEW_YORK, fold=1)
    downgraded: Said = {"downgraded": True}
    facts = (Told(again, SPONSOR, VALID), Told(again.astimezone(UTC), SPONSOR, downgraded))
    case = Case(("ICH-E2A",), "America/New_York", facts)
    assert [one.state for one in answer(case)] == ["open"]
    assert difference(0, case, [as_answer(due) for due in evaluated(case)]) == ""


def test_every_pack_is_known_to_the_oracle() -> None:
    assert PACKS.keys() == BOOKS.keys()


@pytest.mark.parametrize("book", BOOKS)
def test_a_pack_has_the_rules_that_the_oracle_has_clauses_for(book: str) -> None:
    assert {rule.id for rule in PACKS[book].rules} == {clause.id for clause in BOOKS[book].clauses}


# --- a comparison that cannot see is no comparison: each of these bugs, put into the program's answers, must be found ---
def day_0_in_utc(_: Case, due: Due) -> Answer:
    return as_answer(due)._replace(day0=due.starts_at.astimezone(UTC).date())


def a_day_too_late(_: Case, due: Due) -> Answer:
    found = as_answer(due)
    return found if found.due_on is None else found._replace(due_on=found.due_on + timedelta(days=1))


def an_instant_too_late(_: Case, due: Due) -> Answer:
    found = as_answer(due)
    return found if found.due_at is None else found._replace(due_at=found.due_at + timedelta(microseconds=1))


def midnight_in_utc(_: Case, due: Due) -> Answer:
    found = as_answer(due)
    if due.rule.unit != "calendar_day" or found.due_on is None:
        return found
    end: date = found.due_on + timedelta(days=1)
    return found._replace(due_at=datetime(end.year, end.month, end.day, tzinfo=UTC))


def hours_on_the_wall(case: Case, due: Due) -> Answer:
    found = as_answer(due)
    if due.rule.unit != "hour" or due.rule.limit is None:
        return found
    there = due.starts_at.astimezone(ZoneInfo(case.zone)) + timedelta(hours=due.rule.limit)
    return found._replace(due_at=there.astimezone(UTC))


def weekends_extend(_: Case, due: Due) -> Answer:
    found = as_answer(due)
    if found.due_on is None or found.due_on.weekday() < 5:
        return found
    return found._replace(due_on=found.due_on + timedelta(days=7 - found.due_on.weekday()))


def counted_from_opening(case: Case, due: Due) -> Answer:
    return as_answer(due)._replace(day0=local_day(due.opened_by, case.zone))


def never_combined(_: Case, due: Due) -> Answer:
    found = as_answer(due)
    own = due.day0 + timedelta(days=due.rule.limit or 0)
    return found if due.rule.unit != "calendar_day" or due.rule.limit is None else found._replace(due_on=own)


def what_was_replaced_stays_open(_: Case, due: Due) -> Answer:
    found = as_answer(due)
    return found._replace(state="open") if found.state == "superseded" else found


def never_cancelled(_: Case, due: Due) -> Answer:
    found = as_answer(due)
    return found._replace(state="open") if found.state == "cancelled" else found


PLANTED = (day_0_in_utc, a_day_too_late, an_instant_too_late, midnight_in_utc, hours_on_the_wall, weekends_extend,
           counted_from_opening, never_combined, what_was_replaced_stays_open, never_cancelled)  # fmt: skip


@pytest.mark.parametrize("bug", PLANTED, ids=lambda bug: bug.__name__)
def test_a_planted_bug_is_found(bug: Callable[[Case, Due], Answer]) -> None:
    for seed in range(1_000):
        case = timeline(seed)
        right = evaluated(case)
        if difference(seed, case, [as_answer(due) for due in right]):
            continue  # only a timeline on which the two agree can show that the bug, and nothing else, was seen
        found = difference(seed, case, [bug(case, due) for due in right])
        if found:
            assert f"seed {seed}" in found
            assert "program alone" in found
            return
    pytest.fail("a thousand timelines did not show it")


def test_a_missing_and_a_doubled_deadline_are_found() -> None:
    seed, case, right = next(
        (seed, case, answer(case)) for seed in range(100) if len(answer(case := timeline(seed))) > 1
    )
    assert difference(seed, case, right) == ""
    assert difference(seed, case, right[1:])
    assert difference(seed, case, [*right, right[0]])
