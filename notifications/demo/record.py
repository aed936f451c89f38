"""What the demo files: the published totals of NCT03265613, with an allocation to subjects and dates made up to fit them.

Published (Yao et al., Ann Transl Med 2021;9(22):1653): 7 subjects (6 men, 1 woman, mean age 50.71, 35 to 65), infusions at
weeks 0, 4 and 8; 16 adverse events in the treatment period, 15 of grade 1 and 1 of grade 2: fever 5 (likely related),
pharyngitis 3 and headache 2 (unlikely related); 1 serious adverse event in follow-up, not related. Who had what and when,
the six other terms, weights, lots and viabilities are reconstructed and stand for nobody.
"""

from datetime import date
from typing import NamedTuple

TRIAL = "NCT03265613"
SITE = "01"


class DemoSubject(NamedTuple):
    """One of the seven."""

    code: str
    age: int
    sex: str
    weight_kg: str
    first_dose: date


class DemoEvent(NamedTuple):
    """One adverse event: `day` counts from the first dose (day 0), `told` the days until the site knew."""

    subject: str
    day: int
    term: str
    grade: str
    causality: str
    after_dose: int
    lasted: int
    told: int = 0


SUBJECTS = (
    DemoSubject("S01", 35, "M", "71.5", date(2018, 1, 8)),
    DemoSubject("S02", 42, "M", "80.0", date(2018, 1, 15)),
    DemoSubject("S03", 48, "M", "66.0", date(2018, 1, 29)),
    DemoSubject("S04", 52, "F", "58.5", date(2018, 2, 26)),
    DemoSubject("S05", 55, "M", "74.0", date(2018, 3, 5)),
    DemoSubject("S06", 58, "M", "69.5", date(2018, 3, 19)),
    DemoSubject("S07", 65, "M", "77.0", date(2018, 4, 2)),
)

DOSE_DAYS = (0, 28, 56)

EVENTS = (
    DemoEvent("S01", 0, "Pyrexia", "1", "PROBABLE", 1, 1),
    DemoEvent("S01", 28, "Pyrexia", "1", "PROBABLE", 2, 1),
    DemoEvent("S02", 0, "Pyrexia", "1", "PROBABLE", 1, 1),
    DemoEvent("S04", 0, "Pyrexia", "1", "PROBABLE", 1, 2),
    DemoEvent("S06", 56, "Pyrexia", "1", "PROBABLE", 3, 1),
    DemoEvent("S02", 19, "Pharyngitis", "1", "UNLIKELY", 1, 5, 1),
    DemoEvent("S05", 33, "Pharyngitis", "1", "UNLIKELY", 2, 6, 2),
    DemoEvent("S07", 61, "Pharyngitis", "1", "UNLIKELY", 3, 4, 1),
    DemoEvent("S03", 2, "Headache", "1", "UNLIKELY", 1, 1),
    DemoEvent("S07", 41, "Headache", "1", "UNLIKELY", 2, 1, 1),
    DemoEvent("S01", 50, "AE A (unpublished)", "1", "UNLIKELY", 2, 3, 1),
    DemoEvent("S02", 70, "AE B (unpublished)", "1", "UNLIKELY", 3, 7, 2),
    DemoEvent("S03", 12, "AE C (unpublished)", "2", "UNLIKELY", 1, 9, 1),
    DemoEvent("S04", 30, "AE D (unpublished)", "1", "UNLIKELY", 2, 2),
    DemoEvent("S05", 77, "AE E (unpublished)", "1", "UNLIKELY", 3, 5, 3),
    DemoEvent("S06", 80, "AE F (unpublished)", "1", "UNLIKELY", 3, 4, 1),
)

FOLLOW_UP_EVENT = DemoEvent("S04", 200, "SAE (unpublished)", "3", "NOT RELATED", 3, 14, 1)
"""Reported first as not serious; the subject is taken to hospital two days later."""

HOSPITAL_DAY = 202
