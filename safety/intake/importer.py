"""Takes a folder into a trial: rows become forms, forms become events, all of them in one append or none."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, NamedTuple, TypeVar

from pydantic import ValidationError

from safety import clocks, duty
from safety.aggregates.adverse_event import Particulars, Reported
from safety.aggregates.deciding import Act, Form, Refused, StreamState, fold
from safety.aggregates.dose import Given
from safety.aggregates.importing import Data, Entry, OneSubject, SubjectRows, Tally
from safety.aggregates.obligation import Obligations, OfObligation, Opened
from safety.aggregates.subject import FILING, Died, Enrolled, Subject
from safety.aggregates.trial import DataImported, definition
from safety.desk import Desk, OtherContent, authorised
from safety.intake.folder import Folder
from safety.intake.rows import TABLES, Row, Table
from safety.journal import Conflict, Decision, Journal, NewEvent, Repeated, Unconfirmed
from safety.journal.states import folded
from safety.values import code

S = TypeVar("S")

TRIES = 3
"""How often an import decides again when somebody else has written to one of its subjects meanwhile."""


def wire_names(form: type[Form]) -> frozenset[str]:
    """Name the SDTM variables a form can take; its own words, which are not SDTM, are left out."""
    return frozenset(described.alias for described in form.model_fields.values() if described.alias)


DEATH = frozenset({"DTHDTC", "DTHFL"})
KNOWN: Mapping[Table, frozenset[str]] = {
    "subjects": wire_names(Enrolled) | DEATH,
    "exposures": wire_names(Given),
    "adverse_events": wire_names(Particulars),
}
FORMS: Mapping[Table, type[Form]] = {"subjects": Enrolled, "exposures": Given, "adverse_events": Reported}


class BadRow(Refused):
    """{place}, {column}: {why}."""


class OtherTrialsRow(Refused):
    """{place}, STUDYID: the row belongs to another trial than {trial}; take it out, or import it into its own trial."""


class TwoRows(Refused):
    """{place}, USUBJID: the subject has a row already; keep one."""


class ImportConflict(Refused):
    """Somebody else wrote to the trial's subjects while the import was decided; nothing was stored, import again."""


@dataclass(slots=True)
class Summary:
    """What an import came to.

    `places` finds the row of an adverse event, for who has to look at a query, by its subject and its AESPID (a text) or,
    where its row has none, its AESEQ (a number).
    """

    trial: str
    tally: Tally
    position: int
    events: list[NewEvent]
    places: dict[tuple[str, str | int], Row] = field(default_factory=dict)
    repeated: bool = False


@dataclass(slots=True)
class Rows:
    """One subject's rows as they were read."""

    subjects: list[Row] = field(default_factory=list)
    exposures: list[Row] = field(default_factory=list)
    adverse_events: list[Row] = field(default_factory=list)


def filled_in(form: type[Form], row: Row, trial: str, **beside: Any) -> Any:  # noqa: ANN401, one of the three forms
    """Fill a form with a row's values; raises BadRow with the place, the column and what it takes, never the value."""
    stated = row.values.get("STUDYID")
    if stated is not None and stated.strip().upper() != trial:
        raise OtherTrialsRow(place=row.place, trial=trial)
    values = {name: text for name, text in row.values.items() if name not in DEATH or form is Died}
    try:
        return form.model_validate({**values, "STUDYID": trial, **beside})
    except ValidationError as fault:
        first = fault.errors(include_input=False, include_url=False)[0]
        column = str(first["loc"][0]) if first["loc"] else "the row"
        raise BadRow(place=row.place, column=column, why=in_words(first["type"], first["msg"])) from None


def in_words(kind: str, said: str) -> str:
    """Say what a column takes, in the words of a person who fills in a table."""
    plain = {"missing": "is missing; fill it in"}
    said = said.removeprefix("Value error, ").replace("Input should be", "must be", 1)
    return plain.get(kind, said.replace("String should", "must", 1))


def by_subject(folder: Folder) -> dict[str, Rows]:
    """Sort the rows by subject code, in the order in which subjects first appear."""
    sorted_rows: dict[str, Rows] = {}
    for table in TABLES:
        for row in getattr(folder, table):
            try:
                subject = code(row.values.get("USUBJID", ""))
            except ValueError as fault:
                raise BadRow(place=row.place, column="USUBJID", why=str(fault)) from None
            getattr(sorted_rows.setdefault(subject, Rows()), table).append(row)
    return sorted_rows


def entries(rows: Rows, trial: str) -> SubjectRows:
    """Fill in the forms of one subject's rows."""
    if len(rows.subjects) > 1:
        raise TwoRows(place=rows.subjects[1].place)
    first = rows.subjects[0] if rows.subjects else None
    enrolment = death = None
    if first is not None:
        enrolment = Entry(first.place, filled_in(Enrolled, first, trial, source="import"))
        if first.values.get("DTHFL") == "Y" or "DTHDTC" in first.values:
            said = {name: first.values[name] for name in ("USUBJID", "DTHDTC") if name in first.values}
            death = Entry(first.place, filled_in(Died, Row(first.table, first.file, first.number, said), trial))
    doses = [Entry(row.place, filled_in(Given, row, trial, source="import")) for row in rows.exposures]
    events = [Entry(row.place, filled_in(Reported, row, trial, source="import")) for row in rows.adverse_events]
    return SubjectRows(enrolment, death, doses, events)


class Beside:
    """The streams an import reads beside the subjects: the trial's and the account's, and alerts of clocks that end."""

    def __init__(self, states: Mapping[str, StreamState], find: Callable[[str], StreamState]) -> None:
        """Take them as they were read; the import's decision is guarded by their versions. `find` reads another."""
        self._states = states
        self._find = find

    def __call__(self, stream: str, of: type[S]) -> S:
        """Give one slice of one of them."""
        known = self._states.get(stream)
        return (self._find(stream) if known is None else known).slice(of)

    @property
    def trial_version(self) -> int:
        """The version of the trial's stream."""
        return next(state.version for stream, state in self._states.items() if stream.endswith("/trial"))


class Deciding(NamedTuple):
    """What stays the same from subject to subject."""

    states: Beside
    act: Act
    data: Data
    summary: Summary
    opened: list[duty.OpenedAt]
    """The clocks that it opened and that run."""


class Importer:
    """One import: decided outside the log's turn, so that nobody waits for it, and guarded by what it has read."""

    def __init__(
        self, desk: Desk, trial: str, *, by: str, command_id: str, history: bool, progress: Callable[[int, int], None]
    ) -> None:
        """`progress` is told how many of how many subjects are decided."""
        self._desk = desk
        self._journal: Journal = desk.journal
        self._trial = trial
        self._by = by
        self._command_id = command_id
        self._history = history
        self._progress = progress
        self._reads: dict[str, int] = {}

    def run(self, folder: Folder, *, dry: bool) -> Summary:
        """Import, or with `dry` only say what would come of it.

        Raises:
            Refused: a row, with its place; nothing was stored.

        """
        rows = by_subject(folder)
        for _ in range(TRIES):
            summary = self._decide(folder, rows)
            if dry or not summary.events:
                return summary
            try:
                summary.position = self._journal.append(self._decision(summary, folder)).stop - 1
            except Conflict:
                continue
            except Repeated as before:
                return self._again(before, folder, summary)
            except Unconfirmed as fault:
                raise fault.named(self._command_id) from fault
            return summary
        raise ImportConflict

    def _digest(self, folder: Folder) -> str:
        said = "|".join(f"{name}={digest}" for name, digest in sorted(folder.digests.items()))
        return sha256(f"import|{self._trial}|{self._by}|{self._history}|{said}".encode()).hexdigest()

    def _decision(self, summary: Summary, folder: Folder) -> Decision:
        return Decision(summary.events, self._command_id, self._digest(folder), reads=self._reads)

    def _again(self, before: Repeated, folder: Folder, summary: Summary) -> Summary:
        if before.digest != self._digest(folder):
            raise OtherContent(command_id=self._command_id)
        summary.position, summary.repeated = before.positions.stop - 1, True
        return summary

    def _state(self, stream: str) -> StreamState:
        state = folded(self._journal.stream(stream))
        self._reads[stream] = state.version
        return state

    def _subjects_on_record(self) -> Iterator[str]:
        prefix = f"{self._trial}/subject/"
        return iter(dict.fromkeys(row.stream.removeprefix(prefix) for row in self._journal.rows(prefix=prefix)))

    def _decide(self, folder: Folder, rows: Mapping[str, Rows]) -> Summary:
        self._reads = {}
        position = self._journal.head().position
        known = {name: self._state(name) for name in (f"{self._trial}/trial", f"-/account/{self._by}")}
        states = Beside(known, self._state)
        definition(states, self._trial)
        act = authorised(states, "import", roles=FILING, trial=self._trial, by=self._by, at=self._desk.clock())
        covered: dict[str, frozenset[str]] = {
            table: folder.variables[table] for table in TABLES if table in folder.variables
        }
        data = Data(covered, history=self._history)
        summary = Summary(self._trial, Tally(), position, [])
        deciding = Deciding(states, act, data, summary, [])
        on_record = set(self._subjects_on_record())
        everybody = [*rows, *sorted(on_record - rows.keys())]
        for count, code_of in enumerate(everybody, 1):
            self._one(deciding, code_of, rows.get(code_of, Rows()), known=code_of in on_record)
            self._progress(count, len(everybody))
        if summary.events:
            self._close(deciding, folder)
        return summary

    def _one(self, deciding: Deciding, subject: str, rows: Rows, *, known: bool) -> None:
        stream = f"{self._trial}/subject/{subject}"
        state = self._state(stream) if known else StreamState()
        self._reads[stream] = state.version
        one = OneSubject(deciding.states, state, deciding.act, deciding.data, deciding.summary.tally)
        filled = entries(rows, self._trial)
        decided = one.decide(self._trial, subject, filled)
        deciding.summary.events += self._encoded(decided, state.version, deciding.act)
        self._run_clocks(deciding, decided, state, one.state)
        for row, entry in zip(rows.adverse_events, filled.adverse_events, strict=True):
            deciding.summary.places[subject, entry.form.source_id or entry.form.number] = row

    def _run_clocks(self, deciding: Deciding, decided: list[Form], before: StreamState, after: StreamState) -> None:
        """Open what the rows make due, and owe its alerts, in the same append."""
        governed = clocks.governed_by(deciding.states, self._trial)
        if governed is None:
            return
        act, events = deciding.act, deciding.summary.events
        opened: list[Opened] = []
        for event in clocks.owed_to_subject(governed, decided, before, after, act):
            happened = duty.Happened(event, after, fold(after, event))
            events += self._encoded([event], after.version, act)
            if isinstance(event, Opened):
                opened.append(event)
            elif isinstance(event, OfObligation):
                for alert in duty.of_obligation(event, happened, happened.after, deciding.states, act.at):
                    events += self._encoded([alert], self._reads.get(alert.stream, 0), act)
            after = happened.after
        still, site = after.slice(Obligations), after.slice(Subject).particulars.get("site")
        deciding.opened.extend(duty.OpenedAt(o, site) for o in opened if still.of(o.number)[o.obligation].runs)

    def _encoded(self, events: Iterable[Form], version: int, act: Act) -> Iterator[NewEvent]:
        for count, event in enumerate(events, version + 1):
            yield self._desk.encoded(event, count, act, self._command_id)

    def _close(self, deciding: Deciding, folder: Folder) -> None:
        summary, act, tally = deciding.summary, deciding.act, deciding.summary.tally
        version = deciding.states.trial_version
        record = DataImported(
            trial=self._trial,
            digests=dict(folder.digests),
            history=self._history,
            subjects=tally.subjects,
            exposures=tally.exposures,
            adverse_events=tally.adverse_events,
            corrected=tally.corrected,
            vanished=tally.vanished,
        )
        summary.events += self._encoded([record], version, act)
        imported = duty.Imported(record, version + 1, tally.changed, deciding.opened)
        for alert in duty.of_import(imported, deciding.states, act.at):
            summary.events += self._encoded([alert], 0, act)
