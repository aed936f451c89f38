"""Random cases for the deadline oracle, by seed: odd zones, days that a zone skips, instants at midnight, every fact."""

import json
import random
from datetime import UTC, date, datetime, timedelta
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
# Days about which something happens: leap days, years ending, clocks put forward or back at midnight, a day skipped.
DAYS = (
    date(2004, 2, 29), date(2008, 2, 29), date(2024, 2, 29), date(2028, 2, 29), date(2011, 12, 30), date(2011, 12, 29),
    date(2006, 11, 5), date(2008, 10, 19), date(2018, 2, 18), date(2018, 11, 4), date(2010, 11, 7), date(2011, 3, 13),
    date(2026, 3, 8), date(2026, 11, 1), date(2026, 10, 4), date(2024, 4, 7), date(2023, 4, 28), date(2025, 12, 31),
    date(2015, 10, 24), date(2018, 2, 16), date(2024, 11, 3),
)  # fmt: skip
CHANGES = tuple(
    sorted({clause.first for book in BOOKS.values() for clause in book.clauses if clause.first > date.min}
    | {clause.last for book in BOOKS.values() for clause in book.clauses if clause.last < date.max}
    | {book.first for book in BOOKS.values() if book.first > date(2003, 1, 1)})
)  # fmt: skip
OFTEN_TRUE = ("serious", "related_investigator", "related_sponsor", "unexpected", "minimum_criteria", "exposed")
GAPS = (
    timedelta(0), timedelta(microseconds=1), timedelta(minutes=1), timedelta(minutes=59), timedelta(hours=6),
    timedelta(hours=24), timedelta(days=1, minutes=-1), timedelta(days=3), timedelta(days=7), timedelta(days=8),
    timedelta(days=12), timedelta(days=15), timedelta(days=40), timedelta(days=400),
)  # fmt: skip


def first_instant(chance: random.Random, books: tuple[str, ...], zone: str) -> datetime:
    """When the case becomes known: where something changes in law or on the clock, or on any day of 2003 to 2030."""
    usual = date(2003, 1, 1) + timedelta(days=chance.randrange(28 * 365))
    book = BOOKS[books[0]]
    law = max(book.first, chance.choice(book.clauses).first, date(2003, 1, 1))
    in_law = law + timedelta(days=chance.randrange(3 * 365))
    day = chance.choice((usual, in_law, in_law, chance.choice(DAYS), chance.choice(CHANGES)))
    day -= timedelta(days=chance.choice((0, 0, 1, 2, 7, 8, 15, 16)))
    return near_midnight(chance, day, zone)


def near_midnight(chance: random.Random, day: date, zone: str) -> datetime:
    """An instant of that day, often a breath before or after its beginning."""
    spans = (timedelta(0), timedelta(microseconds=-1), timedelta(minutes=-1), timedelta(minutes=1), timedelta(hours=-1))
    any_time = timedelta(minutes=chance.randrange(24 * 60))
    return beginning(day, zone) + chance.choice((*spans, any_time, any_time, any_time, any_time))


def statements(chance: random.Random) -> Said:
    """A few words, most of them such that a case becomes reportable."""
    said: Said = {}
    for word in chance.sample(STATES, chance.choice((0, 1, 1, 1, 2, 3))):
        often = 8 if word in OFTEN_TRUE else 5
        said[word] = chance.choices((True, False, None), (often, 3, 1))[0]
    return said


def opening(chance: random.Random) -> Said:
    """What is known at first: often a whole reportable case, often with one word missing or contrary."""
    said: Said = {word: True for word in OFTEN_TRUE if chance.random() < 0.85}
    for word in chance.sample(OFTEN_TRUE, chance.choice((0, 0, 1, 2))):
        said[word] = chance.choice((False, False, None))
    if chance.random() < 0.3:
        said[chance.choice(("fatal", "life_threatening"))] = True
    return said


def deed(chance: random.Random, case: Case, party: str) -> Said:
    """An act: a report sent (mostly one that is owed), or news, a downgrade, a nullification, a measure."""
    said: Said = {}
    of_books = [clause.id for book in case.books for clause in BOOKS[book].clauses if clause.owes == party]
    owed = [one.rule for one in answer(case) if one.state == "open" and one.rule in of_books]
    if of_books and chance.random() < 0.55:
        said["submitted"] = chance.choice(owed if owed and chance.random() < 0.8 else of_books)
    else:
        said[chance.choices(ACTS, (6, 6, 1, 3, 2))[0]] = True
    return said


def timeline(seed: int) -> Case:
    """The case of a seed, always the same."""
    chance = random.Random(seed)
    books = tuple(chance.sample(sorted(BOOKS), chance.choice((1, 1, 1, 2, 3))))
    zone = chance.choice((*ZONES, BOOKS[books[0]].zone or "Asia/Shanghai"))
    both = chance.random() < 0.25
    at = first_instant(chance, books, zone)
    case = Case(
        books, zone, (), sponsor_investigator=both,
        configuration=chance.choice(({}, {}, {CDE: True}, {CDE: False}, {CDE: None}) if "CN-NMPA-DRUG" in books else ({},)),
        rules_on=at.date() if chance.random() < 0.05 else None,
        authority_zone=chance.random() < 0.1,
    )  # fmt: skip
    told = [Told(at, party, opening(chance)) for party in (SITE, SPONSOR) if chance.random() < 0.85]
    for _ in range(chance.randrange(13)):
        at += chance.choice(GAPS)
        if chance.random() < 0.2:
            at = max(at, near_midnight(chance, at.astimezone(ZoneInfo(zone)).date() + timedelta(days=1), zone))
        party = chance.choices((SITE, SPONSOR), (1, 2))[0]
        said: Said = statements(chance)
        if chance.random() < 0.5:
            said |= deed(chance, case._replace(told=tuple(told)), party)
        told.append(Told(in_some_zone(chance, at, zone), party, said))
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
