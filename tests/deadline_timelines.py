"""Random cases for the deadline oracle, by seed: odd zones, days that a zone skips, instants at midnight, every fact."""

import itertools
import json
import random
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from tests.deadline_calendar import beginning
from tests.deadline_clauses import ACTS, BOOKS, CDE, SITE, SPONSOR, STATES
from tests.deadline_moments import Said, Told
from tests.deadline_oracle import Case, answer

ZONES = (
    "Asia/Shanghai", "America/New_York", "Australia/Lord_Howe", "Asia/Tokyo", "Europe/London", "Europe/Brussels",
    "Pacific/Apia", "America/Sao_Paulo", "America/St_Johns", "America/Havana", "Asia/Kathmandu", "Pacific/Kiritimati",
    "Africa/Cairo", "Asia/Gaza", "UTC",
)  # fmt: skip
LEAP_AND_YEAR_ENDS = tuple(
    date(year, month, day) for year in range(2004, 2031, 4) for month, day in ((2, 29), (12, 31))
)
OFTEN = ("EU-CTR", "US-FDA-IND", "CN-NMPA-DRUG", "ICH-E2A")
DEMONSTRATION = ("CN-NMPA-DRUG", "CN-STEMCELL-2015", "SITE-EC")
OFTEN_TRUE = ("serious", "related_investigator", "related_sponsor", "unexpected", "minimum_criteria", "exposed")
GAPS = (
    timedelta(0), timedelta(microseconds=1), timedelta(minutes=1), timedelta(minutes=59), timedelta(hours=6),
    timedelta(hours=24), timedelta(days=1, minutes=-1), timedelta(days=3), timedelta(days=7), timedelta(days=8),
    timedelta(days=12), timedelta(days=15), timedelta(days=40),
)  # fmt: skip
BEFORE = (0, 0, 1, 2, 3, 7, 8, 9, 15, 16)
"""Days by which a case begins before a day of interest, so that a clock starts or ends on it."""


@cache
def clock_changes(zone: str) -> tuple[date, ...]:
    """Days of 2003 to 2030 on which the zone puts its clocks back or forward, or skips a day."""
    noons = [datetime(2003, 1, 1, 12, tzinfo=ZoneInfo(zone)) + timedelta(days=count) for count in range(28 * 365)]
    return tuple(
        day.date() for before, day in itertools.pairwise(noons) if before.utcoffset() != day.utcoffset()
    )  # fmt: skip


def law_changes(books: tuple[str, ...]) -> list[date]:
    """First days, last days and the days beside them."""
    clauses = [clause for book in books for clause in BOOKS[book].clauses]
    days = (
        {clause.first for clause in clauses}
        | {BOOKS[book].first for book in books}
        | {clause.last for clause in clauses}
    )
    return sorted(day for day in days if date(2003, 1, 1) < day < date(2030, 1, 1)) or [date(2003, 9, 1)]


def first_day(chance: random.Random, books: tuple[str, ...], zone: str) -> date:
    """When the case becomes known: where something changes in law or on the clock, or on any day of 2003 to 2030."""
    law = max(BOOKS[books[0]].first, chance.choice(BOOKS[books[0]].clauses).first, date(2003, 1, 1))
    changes = [day for day in clock_changes(zone) if day > law] or [law]
    ends = [day for day in LEAP_AND_YEAR_ENDS if day > law]
    days = (
        law + timedelta(days=chance.randrange(3 * 365)),
        law + timedelta(days=chance.randrange(3 * 365)),
        chance.choice(changes),
        chance.choice(changes),
        chance.choice(changes),
        chance.choice(law_changes(books)),
        chance.choice(ends),
        date(2003, 1, 1) + timedelta(days=chance.randrange(28 * 365)),
    )
    day = chance.choice(days)
    return day - timedelta(days=chance.choice(BEFORE))


def near_midnight(chance: random.Random, day: date, zone: str) -> datetime:
    """An instant of that day, often a breath before or after its beginning, or in an hour that may come twice."""
    spans = (timedelta(0), timedelta(microseconds=-1), timedelta(minutes=-1), timedelta(minutes=1), timedelta(hours=-1))
    any_time = timedelta(minutes=chance.randrange(24 * 60))
    small_hours = timedelta(minutes=chance.randrange(4 * 60))
    return beginning(day, zone) + chance.choice((*spans, small_hours, any_time, any_time, any_time))


def statements(chance: random.Random, focus: Sequence[str]) -> Said:
    """A few words, mostly those about which this case goes back and forth, most of them making it reportable."""
    said: Said = {}
    for _ in range(chance.choice((0, 1, 1, 1, 2, 3))):
        word = chance.choice(focus if chance.random() < 0.75 else STATES)
        said[word] = chance.choices((True, False, None), (6 if word in OFTEN_TRUE else 4, 4, 1))[0]
    return said


def opening(chance: random.Random) -> Said:
    """What is known at first: often a whole reportable case, often with one word missing or contrary."""
    said: Said = {word: True for word in OFTEN_TRUE if chance.random() < 0.9}
    for word in chance.sample(OFTEN_TRUE, chance.choice((0, 0, 0, 1, 2))):
        said[word] = chance.choice((False, False, None))
    if chance.random() < 0.3:
        said[chance.choice(("fatal", "life_threatening"))] = True
    return said


def deed(chance: random.Random, case: Case, party: str) -> Said:
    """An act: a report sent (mostly one that is owed), or news, a downgrade, a nullification, a measure."""
    said: Said = {}
    of_books = [clause.id for book in case.books for clause in BOOKS[book].clauses if clause.owes == party]
    owed = [one.rule for one in answer(case) if one.state == "open" and one.rule in of_books]
    if of_books and chance.random() < 0.5:
        said["submitted"] = chance.choice(owed if owed and chance.random() < 0.8 else of_books)
    else:
        said[chance.choices(ACTS, (5, 8, 2, 3, 2))[0]] = True
    return said


def setting(chance: random.Random) -> Case:
    """A case of which nothing is told yet: its books, its zone, what the trial says of itself."""
    names = sorted(BOOKS)
    books = tuple(chance.sample(names, chance.choice((1, 2, 3))))
    books = chance.choice((books, (chance.choice(OFTEN),), (chance.choice(OFTEN),), (chance.choice(names),)))
    if chance.random() < 0.1:
        books = DEMONSTRATION
    zone = chance.choice((*ZONES, BOOKS[books[0]].zone or "Asia/Shanghai"))
    binds: Sequence[Mapping[str, bool | None]] = ({}, {}, {CDE: True}, {CDE: False}, {CDE: None})
    return Case(
        books, zone, (),
        sponsor_investigator=chance.random() < 0.25,
        configuration=chance.choice(binds if "CN-NMPA-DRUG" in books else binds[:1]),
        authority_zone=chance.random() < 0.1,
    )  # fmt: skip


def timeline(seed: int) -> Case:
    """The case of a seed, always the same."""
    chance = random.Random(seed)
    case = setting(chance)
    day = first_day(chance, case.books, case.zone)
    case = case._replace(rules_on=day if chance.random() < 0.05 else None)
    focus = [
        *chance.sample(STATES, 2),
        chance.choice(("fatal", "fatal", "life_threatening", "determined", "unexpected", "serious")),
    ]
    active = chance.choices((SITE, SPONSOR), (1, 4))[0]
    at = near_midnight(chance, day, case.zone)
    told = [Told(at, party, opening(chance)) for party in (SITE, SPONSOR) if party == active or chance.random() < 0.5]
    for _ in range(chance.randrange(15)):
        at += chance.choice(GAPS)
        if chance.random() < 0.2:
            tomorrow = at.astimezone(ZoneInfo(case.zone)).date() + timedelta(days=1)
            at = max(at, near_midnight(chance, tomorrow, case.zone))
        party = active if chance.random() < 0.85 else chance.choice((SITE, SPONSOR))
        said = statements(chance, focus)
        if chance.random() < 0.5:
            said |= deed(chance, case._replace(told=tuple(told)), party)
        told.append(Told(in_some_zone(chance, at, case.zone), party, said))
    if chance.random() < 0.3:
        chance.shuffle(told)
    return case._replace(told=tuple(told))


def in_some_zone(chance: random.Random, at: datetime, zone: str) -> datetime:
    """The same instant as another clock writes it."""
    return at.astimezone(chance.choice((UTC, ZoneInfo(zone), ZoneInfo("Asia/Kolkata"))))


def as_json(case: Case) -> str:
    """A case as text that a person can read and run again."""
    facts = [{"at": fact.at.isoformat(), "party": fact.party, **fact.said} for fact in case.told]
    rest = {**case._asdict(), "configuration": dict(case.configuration), "told": facts}
    return json.dumps(rest, default=str, ensure_ascii=False, indent=1)
