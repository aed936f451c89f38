"""One subject's record as imports and people make it, and rows to import into it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from safety.aggregates.adverse_event import AdverseEvents, Reported
from safety.aggregates.deciding import Act, Form
from safety.aggregates.dose import Given
from safety.aggregates.importing import Data, Entry, OneSubject, SubjectRows, Tally
from safety.aggregates.subject import Died, Enrolled
from safety.values import Role
from tests.builders import T0, TRIAL, built, registered
from tests.given import given

STREAM = f"{TRIAL}/subject/S1"
VARIABLES = {
    "subjects": ["STUDYID", "USUBJID", "SITEID", "AGE", "SEX", "ARM", "ACTARM", "RFICDTC", "DTHDTC"],
    "exposures": ["STUDYID", "USUBJID", "EXSEQ", "EXTRT", "EXDOSE", "EXDOSU", "EXSTDTC"],
    "adverse_events": [
        "STUDYID",
        "USUBJID",
        "AESEQ",
        "AESPID",
        "AETERM",
        "AESTDTC",
        "AESEV",
        "AESER",
        "AESDTH",
        "AEOUT",
    ],
}
Cells = Mapping[str, Any]
DM: Cells = {"SITEID": "01", "AGE": 40, "SEX": "M", "ARM": "A", "ACTARM": "A"}
EX: Cells = {"EXSEQ": 1, "EXTRT": "AD-MSC", "EXDOSE": "35", "EXDOSU": "10^6", "EXSTDTC": "2018-03-01"}
AE: Cells = {"AESEQ": 1, "AETERM": "Fever", "AESTDTC": "2018-03-05", "AESEV": "MILD", "AESER": "N"}


class Record:
    """One subject's record, as imports and people make it."""

    def __init__(self, *history: Form) -> None:
        self.history = [registered(), *history]

    def take(
        self,
        *,
        dm: Cells | None = DM,
        death: Cells | None = None,
        ex: Sequence[Cells] = (),
        ae: Sequence[Cells] = (),
        covers: Mapping[str, Iterable[str]] = VARIABLES,
        role: Role = "operator",
    ) -> tuple[list[str], Tally]:
        """Import the subject's rows; give the topics of what came of it."""
        states, tally = given(*self.history), Tally()
        data = Data({table: frozenset(variables) for table, variables in covers.items()})
        rows = SubjectRows(
            None if dm is None else Entry("dm.csv, line 2", built(Enrolled, subject="S1", source="import", **dm)),
            None if death is None else Entry("dm.csv, line 2", built(Died, subject="S1", **death)),
            [
                Entry(f"ex.csv, line {n}", built(Given, subject="S1", source="import", **row))
                for n, row in enumerate(ex, 2)
            ],
            [
                Entry(f"ae.csv, line {n}", built(Reported, subject="S1", source="import", **row))
                for n, row in enumerate(ae, 2)
            ],
        )
        one = OneSubject(states, states.state(STREAM), Act("OPERATOR", role, T0), data, tally)
        events = one.decide(TRIAL, "S1", rows)
        self.history += events
        assert given(*self.history).state(STREAM) == one.state
        return [event.TOPIC.removesuffix(".v1") for event in events], tally

    def happened(self, *events: Form) -> "Record":
        self.history += events
        return self

    def slice(self, of: type[Any]) -> Any:  # noqa: ANN401, the slice that is asked for
        return given(*self.history)(STREAM, of)

    def adverse_event(self, number: int = 1) -> Any:  # noqa: ANN401, what stands there
        return self.slice(AdverseEvents).by_number[number]


def counts(tally: Tally) -> tuple[int, int, int, int, int, int]:
    return (tally.subjects, tally.exposures, tally.adverse_events, tally.unchanged, tally.corrected, tally.vanished)


def without(row: Cells, *variables: str) -> Cells:
    return {name: value for name, value in row.items() if name not in variables}


def narrower(table: str, *variables: str) -> dict[str, list[str]]:
    """The data without some of a table's columns."""
    return {name: [v for v in has if name != table or v not in variables] for name, has in VARIABLES.items()}
