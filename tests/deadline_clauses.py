"""The clauses behind every clock, copied by hand from the regulations' own words, as the deadline oracle reads them.

Nothing here comes from the program or from its rule packs. One clause a line, in the order in which clauses are asked.
"""

from collections.abc import Callable, Mapping
from datetime import date
from typing import NamedTuple

Stated = Mapping[str, bool | None]
"""What a party has stated by now; absent or None: not stated."""

STATES = ("minimum_criteria", "serious", "fatal", "life_threatening", "related_investigator", "related_sponsor",
          "unexpected", "exposed", "determined", "anticipated", "protocol_exempt", "exemption_agreed",
          "infection_transmission", "after_trial")  # fmt: skip
ACTS = ("new_information", "downgraded", "nullified", "handled", "urgent_measure")


class Condition(NamedTuple):
    """A condition of a clause: the words it asks about, and its answer."""

    asks: tuple[str, ...]
    holds: Callable[[Stated], bool]


def is_serious(said: Stated) -> bool:
    """Any criterion, by any assessor (ICH E2A II.B); suspected transmission of an infectious agent is one (EU GVP VI)."""
    return any(said.get(word) is True for word in SERIOUS)


def is_fatal_or_life_threatening(said: Stated) -> bool:
    """Death or life-threatening by the seriousness criteria, never by grade."""
    return said.get("fatal") is True or said.get("life_threatening") is True


def is_related_by_either(said: Stated) -> bool:
    """Either party suffices; an investigator's silence is no "no" (EU CTR Annex III 2.1 para 4; CDE 2018)."""
    investigator, sponsor = said.get("related_investigator"), said.get("related_sponsor")
    return investigator is not False or sponsor is True


def is_related_by_sponsor(said: Stated) -> bool:
    """The sponsor's judgement alone, 21 CFR 312.32(c)(1)(i); until stated it counts as related."""
    return said.get("related_sponsor") is not False


def is_exempt(said: Stated) -> bool:
    """Exempt by the protocol, and agreed with the authority beforehand (ICH E6(R3) 3.13.2(f))."""
    return said.get("protocol_exempt") is True and said.get("exemption_agreed") is True


def is_unexpected_reaction(said: Stated, related: Callable[[Stated], bool]) -> bool:
    """A valid case (E2A III.B.3) of an exposed subject, serious, related, unexpected; no RSI or no view: unexpected."""
    valid = said.get("minimum_criteria") is True and said.get("exposed") is not False
    return valid and is_serious(said) and related(said) and said.get("unexpected") is not False


SERIOUS = ("serious", "fatal", "life_threatening", "infection_transmission")
EXEMPT = ("protocol_exempt", "exemption_agreed")
EITHER = ("related_investigator", "related_sponsor")
CASE = ("minimum_criteria", "exposed", *SERIOUS, "unexpected")

SAE = Condition(SERIOUS, is_serious)
VALID_SAE = Condition(
    ("minimum_criteria", *SERIOUS), lambda said: said.get("minimum_criteria") is True and is_serious(said)
)
SAE_NOT_EXEMPT = Condition((*SERIOUS, *EXEMPT), lambda said: is_serious(said) and not is_exempt(said))
# China: a window of duties ends with the last domestic subject's follow-up; later SAEs still go to the sponsor (CN-POST).
# The window is the CDE standard's of 2018, which binds a trial approved before it or not: the trial says (UNSURE; until then it binds).
CDE = "cde_standard_binds"


def is_after_window(said: Stated) -> bool:
    """After the end of the window that the CDE standard knows."""
    return said.get("after_trial") is True and said.get(CDE) is not False


SAE_IN_WINDOW = Condition((*SAE_NOT_EXEMPT.asks, "after_trial", CDE), lambda said: SAE_NOT_EXEMPT.holds(said) and not is_after_window(said))  # fmt: skip
SAE_AFTERWARDS = Condition((*SERIOUS, "after_trial", CDE), lambda said: is_serious(said) and is_after_window(said))
CONTAMINATION = Condition(("infection_transmission",), lambda said: said.get("infection_transmission") is True)
SUSAR = Condition((*CASE, *EITHER), lambda said: is_unexpected_reaction(said, is_related_by_either))
SUSAR_7 = Condition(SUSAR.asks, lambda said: SUSAR.holds(said) and is_fatal_or_life_threatening(said))
SUSAR_15 = Condition(SUSAR.asks, lambda said: SUSAR.holds(said) and not is_fatal_or_life_threatening(said))
US_SUSAR = Condition((*CASE, "related_sponsor"), lambda said: is_unexpected_reaction(said, is_related_by_sponsor))
US_SUSAR_7 = Condition(US_SUSAR.asks, lambda said: US_SUSAR.holds(said) and is_fatal_or_life_threatening(said))
UK_SUSAR = Condition((*SUSAR.asks, *EXEMPT), lambda said: SUSAR.holds(said) and not is_exempt(said))
UK_7 = Condition(UK_SUSAR.asks, lambda said: UK_SUSAR.holds(said) and is_fatal_or_life_threatening(said))
UK_15 = Condition(UK_SUSAR.asks, lambda said: UK_SUSAR.holds(said) and not is_fatal_or_life_threatening(said))
# Japan reports expected deaths too, in 15 days: Enforcement Regulation Art. 273.
JP_EXPECTED = Condition(SUSAR.asks, lambda said: SUSAR_7.holds({**said, "unexpected": True}) and said.get("unexpected") is False)  # fmt: skip
CDE_SUSAR = Condition((*SUSAR.asks, CDE), lambda said: SUSAR.holds(said) and said.get(CDE) is not False)
CDE_7 = Condition(CDE_SUSAR.asks, lambda said: CDE_SUSAR.holds(said) and is_fatal_or_life_threatening(said))
CDE_15 = Condition(CDE_SUSAR.asks, lambda said: CDE_SUSAR.holds(said) and not is_fatal_or_life_threatening(said))

# Brazil, advanced therapies: serious adverse events, whether related or expected or not (RDC 506/2021).
VALID_SAE = Condition(
    ("minimum_criteria", *SERIOUS), lambda said: said.get("minimum_criteria") is True and is_serious(said)
)
BR_7 = Condition(VALID_SAE.asks, lambda said: VALID_SAE.holds(said) and is_fatal_or_life_threatening(said))
BR_15 = Condition(VALID_SAE.asks, lambda said: VALID_SAE.holds(said) and not is_fatal_or_life_threatening(said))
# Switzerland writes fatal alone, and exempts an SAE that the protocol names but no SUSAR: ClinO Art. 40, 41.
DEATH = Condition(SERIOUS, lambda said: said.get("fatal") is True)
CH_TOLD = Condition((*SUSAR.asks, *EXEMPT), lambda said: SAE_NOT_EXEMPT.holds(said) or SUSAR.holds(said))
CH_EC = Condition(SUSAR.asks, lambda said: DEATH.holds(said) or SUSAR.holds(said))
CH_7 = Condition(SUSAR.asks, lambda said: SUSAR.holds(said) and said.get("fatal") is True)
CH_15 = Condition(SUSAR.asks, lambda said: SUSAR.holds(said) and said.get("fatal") is not True)

ALWAYS = Condition((), lambda _: True)
DAYS, HOURS, AT_ONCE = "calendar_day", "hour", "no number"
SITE, SPONSOR = "site", "sponsor"


class Clause(NamedTuple):
    """One duty: who owes it, what calls it forth, how long it takes."""

    id: str
    owes: str
    opens: str
    when: Condition
    limit: int | None
    unit: str
    of: tuple[str, ...] = ()
    since: Condition | None = None
    replaces: tuple[str, ...] = ()
    on_determination: bool = False
    spares_anticipated: bool = False
    cap: int | None = None
    first: date = date.min
    last: date = date.max


class Book(NamedTuple):
    """The clauses of one authority, the zone it sits in, and the days between which they are law."""

    zone: str | None
    first: date
    clauses: tuple[Clause, ...]
    last: date = date.max


QUALIFIES, LATE, UPGRADE = "qualifies", "late", "upgrade"
SENT, NEWS, HANDLED, MEASURE = "submission", "new_information", "handled", "urgent_measure"


def two_clocks(
    name: str, seven: Condition, fifteen: Condition, since: Condition, first: date = date.min
) -> tuple[Clause, Clause]:
    """Seven days when fatal or life-threatening, else fifteen counted from the first knowledge; one combined report."""
    return (
        Clause(f"{name}-7", SPONSOR, QUALIFIES, seven, 7, DAYS, replaces=(f"{name}-15",), first=first),
        Clause(f"{name}-15", SPONSOR, QUALIFIES, fifteen, 15, DAYS, since=since, first=first),
    )


E2A = (*two_clocks("E2A", SUSAR_7, SUSAR_15, SUSAR), Clause("E2A-7F", SPONSOR, SENT, ALWAYS, 8, DAYS, of=("E2A-7",)))

# 21 CFR 312.32(c), (d); 312.64(b). Late is only what was not reportable at first: a clock of US-15 stands in its way.
US = (
    Clause("US-INV", SITE, QUALIFIES, SAE_NOT_EXEMPT, None, AT_ONCE),
    Clause(
        "US-LATE",
        SPONSOR,
        LATE,
        US_SUSAR,
        15,
        DAYS,
        replaces=("US-15",),
        on_determination=True,
        spares_anticipated=True,
    ),
    Clause("US-7", SPONSOR, QUALIFIES, US_SUSAR_7, 7, DAYS, spares_anticipated=True),
    Clause(
        "US-15",
        SPONSOR,
        QUALIFIES,
        US_SUSAR,
        15,
        DAYS,
        replaces=("US-LATE",),
        on_determination=True,
        spares_anticipated=True,
    ),
    Clause("US-FU", SPONSOR, NEWS, ALWAYS, None, AT_ONCE, of=("US-7", "US-15", "US-LATE")),
    Clause("US-FU-P", SPONSOR, NEWS, ALWAYS, 15, DAYS, of=("US-7", "US-15", "US-LATE")),
)

EU = (  # Regulation (EU) 536/2014 Art. 41(2), 42(2), 54(2), Annex III 2.4
    Clause("EU-INV", SITE, QUALIFIES, SAE_NOT_EXEMPT, 24, HOURS),
    Clause("EU-7UP", SPONSOR, UPGRADE, SUSAR_7, 7, DAYS, of=("EU-15",), replaces=("EU-15", "EU-7")),
    *two_clocks("EU", SUSAR_7, SUSAR_15, SUSAR),
    Clause("EU-7F", SPONSOR, SENT, ALWAYS, 8, DAYS, of=("EU-7", "EU-7UP")),
    Clause("EU-FU", SPONSOR, NEWS, ALWAYS, 15, DAYS, of=("EU-7", "EU-15", "EU-7UP")),
    Clause("EU-USM", SPONSOR, MEASURE, ALWAYS, 7, DAYS),
)

BEFORE_GCP_2020, GCP_2020 = date(2020, 6, 30), date(2020, 7, 1)
BEFORE_GCP_2026, GCP_2026 = date(2026, 8, 31), date(2026, 9, 1)
CDE_2018 = date(2018, 5, 1)
CHINA = (
    Clause("CN03-INV", SITE, QUALIFIES, SAE, None, AT_ONCE, last=BEFORE_GCP_2020),
    Clause("CN07-24H", SITE, QUALIFIES, SAE, 24, HOURS, first=date(2007, 10, 1), last=BEFORE_GCP_2020),
    Clause("CN-INV-20", SITE, QUALIFIES, SAE_IN_WINDOW, None, AT_ONCE, first=GCP_2020, last=BEFORE_GCP_2026),
    Clause("CN-INV-26", SITE, QUALIFIES, SAE_IN_WINDOW, None, AT_ONCE, first=GCP_2026),
    Clause("CN-POST", SITE, QUALIFIES, SAE_AFTERWARDS, None, AT_ONCE, first=CDE_2018),
    Clause("CN-EC-20", SITE, QUALIFIES, SUSAR, None, AT_ONCE, first=GCP_2020, last=BEFORE_GCP_2026),
    Clause("CN-EC-26", SITE, QUALIFIES, SUSAR, None, AT_ONCE, first=GCP_2026),
    Clause("CN03-SPON", SPONSOR, QUALIFIES, SAE, None, AT_ONCE, last=BEFORE_GCP_2020),
    *two_clocks("CN", CDE_7, CDE_15, CDE_SUSAR, CDE_2018),
    Clause("CN-7F", SPONSOR, SENT, ALWAYS, 8, DAYS, of=("CN-7",), cap=15, first=CDE_2018),
    Clause("CN-FU", SPONSOR, NEWS, ALWAYS, 15, DAYS, of=("CN-7", "CN-15"), first=CDE_2018),
    Clause("CN-REC", SPONSOR, QUALIFIES, SUSAR, None, AT_ONCE, first=GCP_2020, last=BEFORE_GCP_2026),
    Clause("CN-REC-26", SPONSOR, QUALIFIES, SUSAR, None, AT_ONCE, first=GCP_2026),
)

STEM_CELLS = (  # Guo Wei Ke Jiao Fa [2015] No. 48
    Clause("CN-SC-HALT", SITE, QUALIFIES, SAE, None, AT_ONCE),
    Clause("CN-SC-24H", SITE, QUALIFIES, SAE, 24, HOURS),
    Clause("CN-SC-24H-AUTH", SITE, QUALIFIES, SAE, 24, HOURS),
    Clause("CN-SC-15F", SITE, HANDLED, ALWAYS, 15, DAYS, of=("CN-SC-24H",)),
    Clause("CN-SC-ERR", SITE, QUALIFIES, CONTAMINATION, None, AT_ONCE),
)

UK = (  # SI 2004/1031 reg. 32, 33 as substituted by SI 2025/538
    Clause("UK-INV", SITE, QUALIFIES, SAE_NOT_EXEMPT, None, AT_ONCE),
    *two_clocks("UK", UK_7, UK_15, UK_SUSAR),
    Clause("UK-7F", SPONSOR, SENT, ALWAYS, 8, DAYS, of=("UK-7",)),
    Clause("UK-USM", SPONSOR, MEASURE, ALWAYS, 7, DAYS),
)

JAPAN = (
    Clause("JP-7", SPONSOR, QUALIFIES, SUSAR_7, 7, DAYS, replaces=("JP-15", "JP-15E")),
    Clause("JP-15", SPONSOR, QUALIFIES, SUSAR_15, 15, DAYS, since=SUSAR),
    Clause("JP-15E", SPONSOR, QUALIFIES, JP_EXPECTED, 15, DAYS),
)

CANADA = (*two_clocks("CA", SUSAR_7, SUSAR_15, SUSAR), Clause("CA-7F", SPONSOR, SENT, ALWAYS, 8, DAYS, of=("CA-7",)))

CH_LAST, CH_REVISED = date(2024, 10, 31), date(2024, 11, 1)
SWITZERLAND = (  # ClinO in the text of 2022; what the revision says instead is not known
    Clause("CH-INV", SITE, QUALIFIES, CH_TOLD, 24, HOURS, last=CH_LAST),
    Clause("CH-EC-SAE-7", SITE, QUALIFIES, DEATH, 7, DAYS, last=CH_LAST),
    Clause("CH-EC-7", SITE, QUALIFIES, CH_7, 7, DAYS, replaces=("CH-EC-15",), last=CH_LAST),
    Clause("CH-EC-15", SITE, QUALIFIES, CH_15, 15, DAYS, since=SUSAR, last=CH_LAST),
    Clause("CH-SM-7", SPONSOR, QUALIFIES, CH_7, 7, DAYS, replaces=("CH-SM-15",), last=CH_LAST),
    Clause("CH-SM-15", SPONSOR, QUALIFIES, CH_15, 15, DAYS, since=SUSAR, last=CH_LAST),
    Clause("CH-INV-24", SITE, QUALIFIES, CH_TOLD, None, AT_ONCE, first=CH_REVISED),
    Clause("CH-EC-24", SITE, QUALIFIES, CH_EC, None, AT_ONCE, first=CH_REVISED),
    Clause("CH-SM-24", SPONSOR, QUALIFIES, SUSAR, None, AT_ONCE, first=CH_REVISED),
)

KOREA = (*two_clocks("KR", SUSAR_7, SUSAR_15, SUSAR), Clause("KR-7F", SPONSOR, SENT, ALWAYS, 8, DAYS, of=("KR-7",)))

AUSTRALIA = (  # NHMRC 2016
    Clause("AU-INV", SITE, QUALIFIES, SAE, 24, HOURS),
    *two_clocks("AU", SUSAR_7, SUSAR_15, SUSAR),
    Clause("AU-7F", SPONSOR, SENT, ALWAYS, 8, DAYS, of=("AU-7",)),
    Clause("AU-INV-USM", SITE, MEASURE, ALWAYS, 24, HOURS),
    Clause("AU-USM", SPONSOR, MEASURE, ALWAYS, 72, HOURS),
)

INVESTIGATORS_OWN = (  # Measures for investigator-initiated research, Art. 36 as one hospital carries it out; the text of 2024
    Clause("CN-IIT-SITE", SITE, QUALIFIES, SAE, 24, HOURS),
    Clause("CN-IIT-24", SITE, QUALIFIES, SAE, None, AT_ONCE, first=date(2024, 10, 1)),
)
ORDER_818 = (Clause("CN-818-STOP", SITE, MEASURE, ALWAYS, None, AT_ONCE),)  # its number of working days is not known

BRAZIL = two_clocks("BR-ATMP", BR_7, BR_15, VALID_SAE)

BOOKS = {
    "ICH-E2A": Book(None, date(1995, 3, 1), E2A),
    "US-FDA-IND": Book("America/New_York", date(2011, 3, 28), US),
    "EU-CTR": Book("Europe/Brussels", date(2022, 1, 31), EU),
    "CN-NMPA-DRUG": Book("Asia/Shanghai", date(2003, 9, 1), CHINA),
    "CN-STEMCELL-2015": Book("Asia/Shanghai", date(2015, 7, 20), STEM_CELLS),
    "SITE-EC": Book(None, date(2003, 9, 1), (Clause("CN-EC-SITE", SITE, QUALIFIES, SAE, 24, HOURS),)),
    "UK-MHRA-2026": Book("Europe/London", date(2026, 4, 28), UK),
    "JP-PMDA": Book("Asia/Tokyo", date(2005, 4, 1), JAPAN),
    "CA-HC": Book("America/Toronto", date(2001, 9, 1), CANADA),
    "CH-SWISSMEDIC": Book("Europe/Zurich", date(2022, 1, 1), SWITZERLAND),
    "KR-MFDS": Book("Asia/Seoul", date(2026, 11, 22), KOREA),
    "AU-TGA": Book("Australia/Sydney", date(2016, 1, 1), AUSTRALIA),
    "CN-IIT-2021": Book("Asia/Shanghai", date(2021, 1, 1), INVESTIGATORS_OWN),
    "CN-818": Book("Asia/Shanghai", date(2026, 5, 1), ORDER_818),
    "BR-ANVISA": Book("America/Sao_Paulo", date(2021, 1, 1), BRAZIL),
}
