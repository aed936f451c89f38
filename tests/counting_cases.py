"""The cases of counting: each a trial of its own with its rules, what happened in it, and what its incidence must be."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from safety.aggregates.adverse_event import RowVanished
from safety.aggregates.deciding import Form
from safety.aggregates.dose import RowVanished as DoseVanished
from safety.aggregates.trial import Definition
from safety.values import span
from tests import builders as b

SPAN = {"missing_day": "span", "missing_month": "span"}
FIRST = {"missing_day": "first", "missing_month": "first"}
UNKNOWN = {"missing_day": "unknown", "missing_month": "unknown"}
YES = {"same_day": "emergent", "undecidable": "emergent", "unknown": "emergent"}
NO = {"same_day": "not_emergent", "undecidable": "not_emergent", "unknown": "not_emergent"}
SAME_DAY = {**NO, "same_day": "emergent"}
UNDECIDABLE = {**NO, "undecidable": "emergent"}
NO_DATE = {**NO, "unknown": "emergent"}


class Case(NamedTuple):
    """A trial's rules, what happened in it, what is asked, and the subjects and events of the measures that are told."""

    name: str
    governs: Definition
    events: Sequence[Form]
    expected: dict[str, tuple[int, int]]
    size: int = 1
    asked: dict[str, Any] = {}  # noqa: RUF012, a named tuple's default that nobody changes


def onset(name: str, rule: dict[str, str], dose: str | None, start: str | None, *, counted: bool) -> Case:
    """One dose, one adverse event."""
    events = [b.enrolled(), b.given(started_on=dose), b.reported(started_on=start)]
    return Case(name, b.definition(emergent=rule), events, {"teae": (1, 1) if counted else (0, 0)})


# Issue 2, evidence 6: first dose 2018-03-01 with onset 2018-03, 2018-03-02 with 2018-03, with 2018, with none; equal days.
ONSETS = [
    onset("month of a dose on its first day, read as the first: same day", {**FIRST, **SAME_DAY}, "2018-03-01", "2018-03", counted=True),
    onset("month of a dose on its first day, read as the first, same day not counted", {**FIRST, **UNDECIDABLE}, "2018-03-01", "2018-03", counted=False),
    onset("month of a dose on its first day, as a span, undecidable", {**SPAN, **UNDECIDABLE}, "2018-03-01", "2018-03", counted=True),
    onset("month of a dose on its first day, as a span, not counted", {**SPAN, **SAME_DAY}, "2018-03-01", "2018-03", counted=False),
    onset("month, taken as unknown", {**UNKNOWN, **NO_DATE}, "2018-03-01", "2018-03", counted=True),
    onset("month, taken as unknown, not counted", {**UNKNOWN, **SAME_DAY}, "2018-03-01", "2018-03", counted=False),
    onset("month of a dose on its second day, read as the first: before", {**FIRST, **YES}, "2018-03-02", "2018-03", counted=False),
    onset("month of a dose on its second day, as a span", {**SPAN, **UNDECIDABLE}, "2018-03-02", "2018-03", counted=True),
    onset("month of a dose on its second day, as a span, not counted", {**SPAN, **SAME_DAY}, "2018-03-02", "2018-03", counted=False),
    onset("year of the dose, read as the first: before", {**FIRST, **YES}, "2018-03-02", "2018", counted=False),
    onset("year of the dose, as a span", {**SPAN, **UNDECIDABLE}, "2018-03-02", "2018", counted=True),
    onset("year of the dose, as a span, not counted", {**SPAN, **NO_DATE}, "2018-03-02", "2018", counted=False),
    onset("year, taken as unknown", {**UNKNOWN, **NO_DATE}, "2018-03-02", "2018", counted=True),
    onset("year, taken as unknown, not counted", {**UNKNOWN, **UNDECIDABLE}, "2018-03-02", "2018", counted=False),
    onset("only the month is read as the first: a year is a span", {**SPAN, "missing_day": "first", **NO}, "2018-03-02", "2018", counted=False),
    onset("no onset", {**SPAN, **NO_DATE}, "2018-03-02", None, counted=True),
    onset("no onset, not counted", {**SPAN, **UNDECIDABLE}, "2018-03-02", None, counted=False),
    onset("equal days", {**SPAN, **SAME_DAY}, "2018-03-02", "2018-03-02", counted=True),
    onset("equal days, not counted", {**SPAN, **UNDECIDABLE}, "2018-03-02", "2018-03-02", counted=False),
    onset("equal day, the dose with a time", {**SPAN, **SAME_DAY}, "2018-03-02T10:00", "2018-03-02", counted=True),
    onset("equal day, the onset with a time", {**SPAN, **UNDECIDABLE}, "2018-03-02", "2018-03-02T10:00", counted=False),
    onset("an hour before the dose", {**SPAN, **YES}, "2018-03-02T10:00", "2018-03-02T09:00", counted=False),
    onset("an hour after the dose", {**SPAN, **NO}, "2018-03-02T10:00", "2018-03-02T11:00", counted=True),
    onset("the same minute", {**SPAN, **NO}, "2018-03-02T10:00", "2018-03-02T10:00", counted=True),
    onset("the same second", {**SPAN, **NO}, "2018-03-02T10:00:05", "2018-03-02T10:00:05", counted=True),
    onset("a second within the dose's minute: same day", {**SPAN, **SAME_DAY}, "2018-03-02T10:00", "2018-03-02T10:00:05", counted=True),
    onset("a second within the dose's minute, not counted", {**SPAN, **UNDECIDABLE}, "2018-03-02T10:00", "2018-03-02T10:00:05", counted=False),
    onset("the minute that the dose's second begins", {**SPAN, **NO}, "2018-03-02T10:00:00", "2018-03-02T10:00", counted=True),
    onset("the day after", {**SPAN, **NO}, "2018-03-02", "2018-03-03", counted=True),
    onset("the day before", {**SPAN, **YES}, "2018-03-02", "2018-03-01", counted=False),
    onset("the month after", {**SPAN, **NO}, "2018-03-31", "2018-04", counted=True),
    onset("the month before", {**SPAN, **YES}, "2018-03-01", "2018-02", counted=False),
    onset("a dose known by its month", {**SPAN, **UNDECIDABLE}, "2018-03", "2018-03-15", counted=True),
    onset("a dose known by its month, not counted", {**SPAN, **SAME_DAY}, "2018-03", "2018-03-15", counted=False),
    onset("after a dose known by its month", {**SPAN, **NO}, "2018-03", "2018-04-01", counted=True),
    onset("a dose without a date", {**SPAN, **UNDECIDABLE}, None, "2018-04-01", counted=True),
    onset("a dose without a date, not counted", {**SPAN, **SAME_DAY}, None, "2018-04-01", counted=False),
]  # fmt: skip

ONE_DOSED = [b.enrolled(), b.given()]
NOT_DOSED = [b.enrolled(), b.reported(started_on=None)]
COUNTED = {"teae": (1, 1)}
NOTHING = {"teae": (0, 0)}
EVERY_DOUBT = b.definition(emergent={**SPAN, **YES})


def related(name: str, rule: dict[str, Any], *events: Form, counted: bool) -> Case:
    """One treatment-emergent adverse event, and what was judged of it."""
    governs = b.definition(causality={"missing": "not_related", **rule})
    return Case(name, governs, [*ONE_DOSED, b.reported(), *events], {"related": (1, 1) if counted else (0, 0)})


PROBABLE, NONE = "PROBABLE", "NONE"
CAUSALITY = [
    related("nobody judged", {}, counted=False),
    related("nobody judged, missing counts as related", {"missing": "related"}, counted=True),
    related("the investigator said related", {}, b.causality_assessed(causality=PROBABLE), counted=True),
    related("missing counts as related, but the investigator said no", {"missing": "related"}, b.causality_assessed(causality=NONE), counted=False),
    related("the sponsor's view is not the investigator's", {}, b.causality_assessed(assessor="sponsor", causality=PROBABLE), counted=False),
    related("the sponsor's view counts where the trial says so", {"by": "sponsor"}, b.causality_assessed(assessor="sponsor", causality=PROBABLE), counted=True),
    related("the sponsor never takes the investigator's view back", {"by": "either"}, b.causality_assessed(causality=PROBABLE), b.causality_assessed(assessor="sponsor", causality=NONE), counted=True),
    related("either one is enough", {"by": "either"}, b.causality_assessed(causality=NONE), b.causality_assessed(assessor="sponsor", causality=PROBABLE), counted=True),
    related("one product of two is enough", {}, b.causality_assessed(causality=NONE), b.causality_assessed(product="LOTION", causality=PROBABLE), counted=True),
    related("an emptied AEREL is missing", {"missing": "related"}, b.corrected("S1", 1, "AEREL"), counted=True),
    related("a later word of the investigator replaces the earlier", {}, b.causality_assessed(causality=PROBABLE), b.followed_up(causality=NONE), counted=False),
]  # fmt: skip

WINDOWED = b.definition(window={})
PRIMARY = {"window": "primary"}


def window(name: str, rule: dict[str, Any], start: str | None, *, inside: bool, emergent: dict[str, str] = YES) -> Case:
    """Doses on 1 March and 1 April 2018; the window is 12 weeks and 3 days, 87 days, after its anchor."""
    governs = b.definition(window=rule, emergent={**SPAN, **emergent})
    events = [*ONE_DOSED, b.given(number=2, started_on="2018-04-01"), b.reported(started_on=start)]
    return Case(name, governs, events, {"teae": (1, 1) if inside else (0, 0)}, asked=PRIMARY)


LAST_DOSE = {"anchor": "last_dose"}
OUTSIDE = {"undecidable": "outside"}
WINDOWS = [
    window("its last day", {}, "2018-05-27", inside=True),
    window("the last minute of its last day", {}, "2018-05-27T23:59", inside=True),
    window("the day after it", {}, "2018-05-28", inside=False),
    window("its month, undecidable", {}, "2018-05", inside=True),
    window("its month, undecidable counts as outside", OUTSIDE, "2018-05", inside=False),
    window("no onset, undecidable", {}, None, inside=True),
    window("no onset, undecidable counts as outside", OUTSIDE, None, inside=False),
    window("a month wholly inside", OUTSIDE, "2018-04", inside=True),
    window("from the last dose: its last day", LAST_DOSE, "2018-06-27", inside=True),
    window("from the last dose: the day after it", LAST_DOSE, "2018-06-28", inside=False),
    window("from the last dose: between the doses", LAST_DOSE, "2018-03-31", inside=False),
    window("from the last dose: its own day", LAST_DOSE, "2018-04-01", inside=True),
    window("from the last dose: its own day, no doubt about it", {**LAST_DOSE, **OUTSIDE}, "2018-04-01", inside=True),
    window("from the last dose: its month", {**LAST_DOSE, **OUTSIDE}, "2018-03", inside=False),
    window("treatment-emergent comes first", {}, "2018-02-28", inside=False),
]  # fmt: skip

LIMITED = b.definition(emergent={**SPAN, **NO, "until_days_after_last_dose": 30})
OTHERS = [
    Case("no dose is never emergent, whatever the doubts count as", EVERY_DOUBT, NOT_DOSED, NOTHING),
    Case("a subject without adverse events counts none", EVERY_DOUBT, ONE_DOSED, NOTHING),
    Case("30 days after the end of the last dose", LIMITED, [*ONE_DOSED, b.reported(started_on="2018-03-31")], COUNTED),
    Case("31 days after it", LIMITED, [*ONE_DOSED, b.reported(started_on="2018-04-01")], NOTHING),
    Case(
        "a long dose ends when it ends",
        LIMITED,
        [b.enrolled(), b.given(ended_on="2018-03-10T08:00"), b.reported(started_on="2018-04-09")],
        COUNTED,
    ),
    Case("a withheld dose is none", EVERY_DOUBT, [b.enrolled(), b.withheld(), b.reported()], NOTHING),
    Case(
        "a dose whose row vanished is none",
        EVERY_DOUBT,
        [*ONE_DOSED, b.built(DoseVanished, subject="S1", number=1), b.reported()],
        NOTHING,
    ),
    Case(
        "a withheld dose that was given after all",
        EVERY_DOUBT,
        [b.enrolled(), b.withheld(), b.given(), b.reported(started_on="2018-03-02")],
        COUNTED,
    ),
    Case("nullified", EVERY_DOUBT, [*ONE_DOSED, b.reported(), b.nullified()], NOTHING),
    Case("merged", EVERY_DOUBT, [*ONE_DOSED, b.reported(), b.reported(number=2), b.merged()], COUNTED),
    Case("unmerged", EVERY_DOUBT, [*ONE_DOSED, b.reported(), b.reported(number=2), b.merged(), b.unmerged()], {"teae": (1, 2)}),
    Case(
        "a vanished row is a query and still counts",
        EVERY_DOUBT,
        [*ONE_DOSED, b.reported(), b.built(RowVanished, subject="S1", number=1)],
        COUNTED,
    ),
    Case(
        "serious as stated",
        b.definition(serious="stated"),
        [*ONE_DOSED, b.reported(serious="N", hospitalisation="Y"), b.reported(number=2, serious="Y")],
        {"serious": (1, 1)},
    ),
    Case(
        "serious by any criterion",
        b.definition(serious="any_criterion"),
        [*ONE_DOSED, b.reported(serious="N", hospitalisation="Y"), b.reported(number=2, serious="Y"), b.reported(number=3)],
        {"serious": (1, 2), "teae": (1, 3)},
    ),
    Case(
        "fatal by AESDTH, severe by AESEV",
        EVERY_DOUBT,
        [*ONE_DOSED, b.reported(results_in_death="Y", causality="PROBABLE"), b.reported(number=2, severity="SEVERE")],
        {"fatal": (1, 1), "related_fatal": (1, 1), "severe": (1, 1), "related_serious": (0, 0)},
    ),
    Case(
        "those not assigned to an arm are in no arm",
        EVERY_DOUBT,
        [*ONE_DOSED, b.enrolled("S2", arm="Screen Failure"), b.enrolled("S3", arm=None), b.reported("S2"), b.given("S2")],
        NOTHING,
    ),
    Case(
        "only those dosed",
        b.definition(population={"members": "dosed"}),
        [*ONE_DOSED, b.enrolled("S2"), b.enrolled("S3"), b.withheld("S3"), b.reported("S2")],
        NOTHING,
    ),
    Case(
        "the actual arm",
        b.definition(population={"arm": "actual"}),
        [*ONE_DOSED, b.enrolled("S2", arm="A", actual_arm="B"), b.enrolled("S3", arm="B", actual_arm="A")],
        NOTHING,
        size=2,
    ),
    Case(
        "what had not happened yet",
        EVERY_DOUBT,
        [*ONE_DOSED, b.reported(started_on="2018-03-05"), b.reported(number=2, started_on="2018-04-05"), b.reported(number=3, started_on="2018")],
        {"teae": (1, 2)},
        asked={"happened_by": span("2018-04-04")[1]},
    ),
    Case(
        "what has no date may have happened",
        EVERY_DOUBT,
        [*ONE_DOSED, b.reported(started_on=None)],
        COUNTED,
        asked={"happened_by": span("2018-04-04")[1]},
    ),
    Case(
        "a dose that had not been given yet",
        EVERY_DOUBT,
        [*ONE_DOSED, b.reported(started_on="2018-02-05")],
        NOTHING,
        asked={"happened_by": span("2018-02-28")[1]},
    ),
]  # fmt: skip

CASES = [*ONSETS, *CAUSALITY, *WINDOWS, *OTHERS]
