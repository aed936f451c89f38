"""A case told in sentences drafted from its record: each with the entries that say it, nothing invented, what is missing said."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from safety.values import REDACTED
from safety.web.asking import Asked
from safety.web.case_record import Entry
from safety.web.words import N_

Row = Mapping[str, Any]


class Sentence(NamedTuple):
    """A sentence, the positions of the log that say it, and, where somebody is quoted, in which words."""

    text: str
    positions: tuple[int, ...] = ()
    quote: str = ""


class Part(NamedTuple):
    """Sentences under one heading."""

    title: str
    sentences: list[Sentence]


TITLES = (N_("The subject"), N_("The event"), N_("Judgements"), N_("What was reported"))


class Sources:
    """Finds the entry that last set a field, from the changes of a subject's record."""

    def __init__(self, changes: Sequence[Row]) -> None:
        """Keep of each field the last change: changes come in the order of the log."""
        self._last = {
            (one["record"], one["number"], one["field"], (one["whose"] or ("",))[0]): one["position"] for one in changes
        }
        self._opened = {(one["record"], one["number"]): one["position"] for one in reversed(changes) if one["opens"]}

    def of(self, record: str, number: int | None, *fields: str, whose: str = "") -> tuple[int, ...]:
        """Give the positions that say some fields; where none does, that with which the record begins."""
        said = {self._last[key] for name in fields if (key := (record, number, name, whose)) in self._last}
        begun = self._opened.get((record, number))
        return tuple(sorted(said)) or (() if begun is None else (begun,))


class Narrative:
    """Drafts one case; `person` is the subject as `subject_of` has it, `entries` the record of the case."""

    def __init__(self, ask: Asked, case: Row, person: Row, entries: Sequence[Entry], sources: Sources) -> None:
        """Hold what it is drafted from."""
        self._ask, self._case, self._person, self._entries, self._sources = ask, case, person, entries, sources

    def parts(self) -> list[Part]:
        """Give the whole of it."""
        told = (self._subject(), self._event(), self._judgements(), self._reports())
        return [Part(self._ask.words(title), list(part)) for title, part in zip(TITLES, told, strict=True)]

    def _of_event(self, *fields: str) -> tuple[int, ...]:
        return self._sources.of("adverse_event", self._case["number"], *fields)

    def _subject(self) -> Iterator[Sentence]:
        ask, person = self._ask, self._person
        source = self._sources.of("subject", None, "site", "sex", "age", "arm", "enrolled_on")
        yield Sentence(
            ask.words(
                "Subject %(code)s takes part at site %(site)s.", code=person["subject"], site=self._or(person["site"])
            ),
            source,
        )
        yield Sentence(
            ask.words(
                "Sex: %(sex)s. Age: %(age)s. Planned arm: %(arm)s.",
                sex=self._or(person["sex"]),
                age=self._or(person["age"]),
                arm=self._or(person["arm"]),
            ),
            source,
        )
        given = [dose for dose in self._case["doses"] if not dose["withheld"]]
        if not given:
            yield Sentence(ask.words("No dose of the treatment is on record."))
        for dose in given:
            amount = " ".join(part for part in (dose["amount"], dose["unit"]) if part)
            named = {
                "n": dose["number"],
                "what": self._or(dose["treatment"]),
                "amount": self._or(amount),
                "on": ask.show.date(dose["started_on"]),
                "lot": self._or(dose["lot"]),
            }
            yield Sentence(
                ask.words("Infusion %(n)d of %(what)s was given: %(on)s. Amount: %(amount)s. Lot: %(lot)s.", **named),
                self._sources.of("exposure", dose["number"], "treatment", "amount", "unit", "started_on", "lot"),
            )

    def _event(self) -> Iterator[Sentence]:
        ask, case = self._ask, self._case
        yield Sentence(
            ask.words("Reported as:"), self._of_event("term"), case["term"] or ask.words("no term is recorded")
        )
        if case["preferred_term"]:
            coded = ask.words("Coded as %(term)s, %(soc)s.", term=case["preferred_term"], soc=self._or(case["soc"]))
            yield Sentence(coded, self._of_event("preferred_term", "body_system", "system_organ_class"))
        else:
            yield Sentence(ask.words("It is not coded."))
        yield Sentence(ask.words("It began: %(on)s.", on=ask.show.date(case["onset"])), self._of_event("started_on"))
        if case["study_day"] is not None:
            yield Sentence(ask.words("That is study day %(n)d.", n=case["study_day"]), self._of_event("started_on"))
        if case["after_dose"] is not None and case["days_after_dose"] is not None:
            after = ask.words(
                "It began %(days)d days after infusion %(n)d.", days=case["days_after_dose"], n=case["after_dose"]
            )
            dosed = self._sources.of("exposure", case["after_dose"], "started_on")
            yield Sentence(after, tuple(sorted({*self._of_event("started_on", "after_dose"), *dosed})))
        grade = case["grade"] or ask.show.coded(case["severity"])
        yield Sentence(ask.words("Grade or severity: %(grade)s.", grade=grade), self._of_event("grade", "severity"))
        yield from self._seriousness()
        for text, field, source in (
            (N_("Action taken with the treatment: %(said)s."), "action_taken", "action_taken"),
            (N_("Outcome: %(said)s."), "outcome", "outcome"),
        ):
            yield Sentence(ask.words(text, said=ask.show.coded(case[field])), self._of_event(source))
        yield Sentence(ask.words("It ended: %(on)s.", on=ask.show.date(case["end"])), self._of_event("ended_on"))
        yield from self._quoted()

    def _seriousness(self) -> Iterator[Sentence]:
        ask, case = self._ask, self._case
        source = self._of_event("serious", *case["criteria"])
        if case["because"]:
            why = ask.words(", ").join(case["because"])
            yield Sentence(ask.words("Criteria of seriousness that are ticked: %(why)s.", why=why), source)
        else:
            yield Sentence(ask.words("No criterion of seriousness is ticked."), source)

    def _quoted(self) -> Iterator[Sentence]:
        """Quote what reporters wrote freely, each time they did."""
        found = False
        for one in self._entries:
            text = one.event.__dict__.get("narrative")
            if text:
                found = True
                shown = self._ask.words("the text was redacted") if text == REDACTED else text
                when = self._ask.show.moment(one.at)
                yield Sentence(self._ask.words("In the reporter's words, %(when)s:", when=when), (one.position,), shown)
        if not found:
            yield Sentence(self._ask.words("No reporter has described it in words of their own."))

    def _judgements(self) -> Iterator[Sentence]:
        ask, case = self._ask, self._case
        for field, text in (
            ("serious", N_("The investigator calls it serious: %(said)s.")),
            ("serious_for_sponsor", N_("The sponsor calls it serious: %(said)s.")),
        ):
            yield Sentence(
                ask.words(text, said=self._judged(case[field])), self._of_event(field) if case[field] else ()
            )
        for party, text in (
            ("investigator", N_("Causality in the investigator's view: %(said)s.")),
            ("sponsor", N_("Causality in the sponsor's view: %(said)s.")),
        ):
            said = [one for one in case["assessments"] if one["assessor"] == party]
            source = self._sources.of("assessment", case["number"], "causality", whose=party) if said else ()
            for one in said or [{"causality": None}]:
                yield Sentence(ask.words(text, said=self._judged(one["causality"])), source)
        yield Sentence(
            ask.words("Expected, by the reference safety information: %(said)s.", said=self._judged(case["expected"])),
            self._of_event("expected") if case["expected"] else (),
        )

    def _reports(self) -> Iterator[Sentence]:
        ask = self._ask
        for one in self._entries:
            if one.event.TOPIC.startswith("adverse_event.reported."):
                aware = one.event.aware
                told = ask.words("It came to the log: %(when)s.", when=ask.show.moment(one.at))
                yield Sentence(told, (one.position,))
                if aware is not None:
                    yield Sentence(
                        ask.words("Who reported it was aware: %(when)s.", when=ask.show.at(aware.at)), (one.position,)
                    )
            if one.event.TOPIC.startswith(
                ("obligation.submitted.", "obligation.acknowledged.", "obligation.rejected.")
            ):
                yield Sentence(ask.words("%(what)s.", what=one.text), (one.position,))
        runs = [duty for duty in self._case["duties"] if duty["runs"]]
        opened = {
            one.event.obligation: one.position
            for one in self._entries
            if one.event.TOPIC.startswith("obligation.opened.")
        }
        for duty in runs:
            named = {"to": ask.words.listed(duty["to"]), "left": duty["clock"].left, "due": duty["clock"].due}
            position = opened.get(duty["obligation"])
            yield Sentence(
                ask.words("A report to %(to)s is still owed: %(left)s, %(due)s.", **named),
                () if position is None else (position,),
            )
        if not self._case["duties"]:
            yield Sentence(ask.words("Nothing has been made due by it."))

    def _or(self, value: object) -> str:
        return self._ask.words("not recorded") if value in (None, "") else str(value)

    def _judged(self, value: str | None) -> str:
        return self._ask.words("not stated") if value is None else self._ask.show.coded(value)


def plain(parts: Sequence[Part]) -> str:
    """Write it as text to be copied: headings, sentences, and the positions in brackets."""
    lines: list[str] = []
    for part in parts:
        lines += [part.title.upper(), *(line(one) for one in part.sentences), ""]
    return "\n".join(lines).rstrip()


def line(one: Sentence) -> str:
    """Write one sentence with its quotation and its sources."""
    sources = " ".join(f"#{position}" for position in one.positions)
    said = f"{one.text} “{one.quote}”" if one.quote else one.text
    return f"{said} [{sources}]" if sources else said
