"""A trial of two arms, small and made up: eight subjects on cells, seven on placebo, events that differ between them."""

from safety.aggregates.deciding import Form
from safety.home import Home
from tests import builders as b

CELLS, PLACEBO = "Cells 0.5 million/kg", "Placebo infusion"
SUBJECTS = {f"A{n:02}": CELLS for n in range(1, 9)} | {f"P{n:02}": PLACEBO for n in range(1, 8)}
PYREXIA = ("Pyrexia", "General disorders and administration site conditions")
HEADACHE = ("Headache", "Nervous system disorders")
PHARYNGITIS = ("Pharyngitis", "Infections and infestations")
EVENTS = (
    ("A01", PYREXIA, "2026-01-05", "1", "PROBABLE"),
    ("A01", HEADACHE, "2026-01-20", "1", "NONE"),
    ("A02", PYREXIA, "2026-01-05", "2", "PROBABLE"),
    ("A02", PYREXIA, "2026-02-02", "1", "PROBABLE"),
    ("A03", PYREXIA, "2026-01-06", "1", "POSSIBLE"),
    ("A04", PHARYNGITIS, "2026-02-15", "1", "NONE"),
    ("A05", PYREXIA, "2026-01-05", "3", "PROBABLE"),
    ("A06", HEADACHE, "2026-01-09", "1", "POSSIBLE"),
    ("P01", PHARYNGITIS, "2026-01-17", "1", "NONE"),
    ("P02", HEADACHE, "2026-01-08", "1", "POSSIBLE"),
    ("P02", HEADACHE, "2026-03-01", "2", "NONE"),
    ("P04", PYREXIA, "2026-02-11", "1", "NONE"),
)
"""Subject, coded term with its class, onset, grade, the investigator's causality."""


def two_arms(home: Home) -> Home:
    """Put the trial T1 into a home; the last event of the first arm is serious."""
    window = {"anchor": "first_dose", "weeks": 12, "tolerance_days": 3}
    events: list[Form] = [b.registered(b.definition(arms=(CELLS, PLACEBO), window=window))]
    for subject, arm in SUBJECTS.items():
        events += [b.enrolled(subject, arm=arm, actual_arm=arm), b.given(subject, started_on="2026-01-05")]
    numbers: dict[str, int] = {}
    for subject, (term, soc), onset, grade, causality in EVENTS:
        number = numbers[subject] = numbers.get(subject, 0) + 1
        said = {"preferred_term": term, "body_system": soc, "grade": grade, "causality": causality}
        serious = {"serious": "Y", "hospitalisation": "Y"} if grade == "3" else {}
        events.append(b.reported(subject, number, onset, term=term, ended_on=None, **said, **serious))
    b.append(home.journal, *events)
    return home
