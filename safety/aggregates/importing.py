"""What a row of imported data makes of a subject's record: new, unchanged, a correction, or gone; one subject at a time.

A row is known by AESPID, else AESEQ (doses: EXSEQ); it is compared with what the data said last time, so what people have
put right since stays right. The rules for what may be recorded are the commands' own.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, NamedTuple, TypeVar

from safety.aggregates import adverse_event, dose, ending, filing, subject
from safety.aggregates.adverse_event import AdverseEvents
from safety.aggregates.deciding import Act, Form, Refused, States, StreamState, fold, variables
from safety.aggregates.dose import Doses
from safety.aggregates.subject import Subject
from safety.aggregates.trial import definition
from safety.values import REDACTED, Awareness

S = TypeVar("S")


class Entry(NamedTuple):
    """One row as a filled-in form, and its place in the data for who has to be told of it."""

    place: str
    form: Any


@dataclass(frozen=True, slots=True)
class SubjectRows:
    """All the rows of one subject; a death that the demographics state comes as a form of its own."""

    enrolment: Entry | None = None
    death: Entry | None = None
    doses: Sequence[Entry] = ()
    adverse_events: Sequence[Entry] = ()


@dataclass(frozen=True, slots=True)
class Data:
    """What the imported data covers: the variables of each table that is there; a table that is not there says nothing.

    `history`: its duties were handled elsewhere, so it starts no clocks.
    """

    variables: Mapping[str, Collection[str]]
    history: bool = False

    def covers(self, table: str) -> bool:
        """Say whether the table is in the data."""
        return table in self.variables


@dataclass(slots=True)
class Tally:
    """What came of the rows."""

    subjects: int = 0
    exposures: int = 0
    adverse_events: int = 0
    unchanged: int = 0
    corrected: int = 0
    vanished: int = 0
    changed: list[tuple[str, adverse_event.AdverseEvent | None, adverse_event.AdverseEvent]] = field(
        default_factory=list
    )
    """Adverse events that are or were serious: `subject/number`, as they were (None: not on record) and as they are."""


class RowRefused(Refused):
    """{place}: {why}"""  # noqa: D415, the message is the place and the refusal of the command


class Renumbered(Refused):
    """the row has the key of a known adverse event but another term and another onset; it looks renumbered: keep the keys."""


class NoKey(Refused):
    """the row has neither AESPID nor AESEQ; give it one, to tell it apart from the subject's other rows."""


class SameKey(Refused):
    """the key is used twice for one subject; each row needs a key of its own."""


class NoSuchSubject(Refused):
    """subject {subject} is not in the subjects and not enrolled; add the subject first."""


class OneSubject:
    """The decisions on one subject's rows, each seeing what the ones before it have made of the record."""

    def __init__(self, states: States, state: StreamState, act: Act, data: Data, tally: Tally) -> None:
        """Begin with the subject's state as the log has it."""
        self._states = states
        self._data = data
        self._tally = tally
        # The data speak for the site, whoever brings them: no rule about one's own party applies.
        self._act = replace(act, role="operator")
        self.state = state
        self.events: list[Form] = []
        self._known_before = frozenset(state.slice(AdverseEvents).by_number)
        self._present: set[int] = set()
        self._doses_present: set[int] = set()

    def __call__(self, stream: str, of: type[S]) -> S:
        """Give a slice of this subject's state with the rows so far, or of another stream's as the log has it."""
        own = stream.split("/", 2)[1] == "subject"
        return self.state.slice(of) if own else self._states(stream, of)

    def decide(self, trial: str, code: str, rows: SubjectRows) -> list[Form]:
        """Give the events that the rows come to; raises RowRefused with the place of the row."""
        if rows.enrolment is not None:
            self._at(rows.enrolment, self._enrolment)
        if rows.death is not None:
            self._at(rows.death, self._death)
        for entry in rows.doses:
            self._at(entry, self._dose)
        for entry in rows.adverse_events:
            self._at(entry, self._adverse_event)
        self._gone(trial, code, rows)
        return self.events

    def _at(self, entry: Entry, decide: Any) -> None:  # noqa: ANN401, one of this class's own methods
        try:
            decide(entry.form)
        except Refused as refusal:
            raise RowRefused(place=entry.place, why=str(refusal)) from refusal

    def _take(self, events: Iterable[Form]) -> None:
        for happened in events:
            self.state = fold(self.state, happened)
            self.events.append(happened)

    def _changes(self, table: str, known: Mapping[str, Any], form: Form) -> list[str]:
        """Name the variables of the data that now say something else than last time; of redacted text nothing can be said."""
        changed = []
        for name, variable in variables(type(form)).items():
            if variable in self._data.variables[table] and known.get(name) != form.__dict__[name]:
                changed += [] if known.get(name) == REDACTED else [variable]
        return changed

    def _enrolment(self, form: subject.Enrolled) -> None:
        known = self.state.slice(Subject)
        if not known.particulars:
            self._take(subject.enrol(self, form, self._act))
            self._tally.subjects += 1
            return
        changed = self._changes("subjects", known.imported or known.particulars, form)
        self._tally.corrected += bool(changed)
        self._tally.unchanged += not changed
        if changed:
            correction = subject.SubjectCorrected(**form.__dict__, variables=tuple(changed))
            self._take(subject.correct(self, correction, self._act))

    def _death(self, form: subject.Died) -> None:
        known = self.state.slice(Subject)
        if not known.died:
            self._take(ending.record_death(self, form, self._act))
        elif "DTHDTC" in self._data.variables["subjects"] and known.died_on != form.died_on:
            self._tally.corrected += 1
            self._take((form,))

    def _dose(self, form: dose.Given) -> None:
        self._known_subject(form.subject)
        if form.number in self._doses_present:
            raise SameKey
        self._doses_present.add(form.number)
        doses = self.state.slice(Doses)
        known = doses.by_number.get(form.number)
        if known is None:
            self._take(dose.give(self, form, self._act))
            self._tally.exposures += 1
            return
        changed = self._changes("exposures", doses.imported.get(form.number, known), form)
        self._tally.corrected += bool(changed)
        self._tally.unchanged += not changed
        if changed:
            correction = dose.Corrected(**form.__dict__, variables=tuple(changed))
            self._take(dose.correct(self, correction, self._act))

    def _known_subject(self, code: str) -> None:
        if not self.state.slice(Subject).particulars:
            raise NoSuchSubject(subject=code)

    def _adverse_event(self, form: adverse_event.Reported) -> None:
        self._known_subject(form.subject)
        if form.source_id is None and form.number is None:
            raise NoKey
        before = self.state.slice(AdverseEvents)
        number = self._number_of(form, before)
        if number in self._present:
            raise SameKey
        if number is None:
            number = self._report(form, before)
        else:
            self._compare(form, number, before.by_number[number])
        self._present.add(number)
        self._note_serious(before, form.subject)

    @staticmethod
    def _number_of(form: adverse_event.Reported, known: AdverseEvents) -> int | None:
        """Find the adverse event a row is about: by AESPID where it has one, else by AESEQ."""
        if form.source_id is not None:
            same = (n for n, ae in known.by_number.items() if ae.particulars.get("source_id") == form.source_id)
            found = next(same, None)
            if found is not None:
                return found
            keyless = known.by_number.get(form.number or 0)
            return form.number if keyless is not None and keyless.particulars.get("source_id") is None else None
        return form.number if form.number in known.by_number else None

    def _report(self, form: adverse_event.Reported, known: AdverseEvents) -> int:
        number = form.number if form.number not in known.by_number else None
        number = number or known.next_number()
        told = form.model_copy(update={"number": number, "aware": self._aware(form.trial)})
        self._take(filing.report(self, told, self._act))
        self._tally.adverse_events += 1
        return number

    def _aware(self, trial: str) -> Awareness:
        site = self.state.slice(Subject).particulars.get("site")
        basis: Literal["history", "import"] = "history" if self._data.history else "import"
        return Awareness(at=self._act.at, zone=definition(self, trial).site_zone(site), party="site", basis=basis)

    def _compare(self, form: adverse_event.Reported, number: int, known: adverse_event.AdverseEvent) -> None:
        changed = [] if known.nullified else self._changes("adverse_events", known.imported or known.particulars, form)
        changed = [wire for wire in changed if wire != "AESEQ"]
        if {"AETERM", "AESTDTC"} <= set(changed):
            raise Renumbered
        self._tally.corrected += bool(changed)
        self._tally.unchanged += not changed
        if changed:
            said = {**form.__dict__, "number": number, "aware": self._aware(form.trial)}
            correction = adverse_event.Corrected(**said, variables=tuple(changed))
            self._take(filing.correct(self, correction, self._act))

    def _note_serious(self, before: AdverseEvents, code: str) -> None:
        for number, ae in self.state.slice(AdverseEvents).by_number.items():
            was = before.by_number.get(number)
            if ae is not was and (ae.serious or (was is not None and was.serious)):
                self._tally.changed.append((f"{code}/{number}", was, ae))

    def _gone(self, trial: str, code: str, rows: SubjectRows) -> None:
        """Mark what earlier imports held and this one does not, and what is there again; nothing is nullified by that."""
        named = {"trial": trial, "subject": code}
        known = self.state.slice(Subject)
        if self._data.covers("subjects") and known.imported and known.vanished == (rows.enrolment is not None):
            self._mark(subject.RowReappeared(**named) if known.vanished else subject.RowVanished(**named))
        if self._data.covers("exposures"):
            doses = self.state.slice(Doses)
            for number in doses.imported:
                gone = number not in self._doses_present
                if gone != (number in doses.vanished):
                    mark = dose.RowVanished if gone else dose.RowReappeared
                    self._mark(mark(**named, number=number))
        if self._data.covers("adverse_events"):
            for number, ae in self.state.slice(AdverseEvents).by_number.items():
                gone = number in self._known_before and number not in self._present
                if ae.imported and not ae.nullified and gone != ae.vanished:
                    mark_ae = adverse_event.RowVanished if gone else adverse_event.RowReappeared
                    self._mark(mark_ae(**named, number=number))

    def _mark(self, happened: Form) -> None:
        self._tally.vanished += "row_vanished" in happened.TOPIC
        self._take((happened,))
