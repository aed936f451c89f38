"""Every deadline of a case counted by walking the calendar: slow, obvious, and without a line of the program.

It looks back over the whole history of what a party knew each time it asks a question.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import NamedTuple

from tests.deadline_calendar import beginning, days_later, hours_later, local_day
from tests.deadline_clauses import (
    BOOKS,
    HANDLED,
    HOURS,
    LATE,
    MEASURE,
    NEWS,
    QUALIFIES,
    SENT,
    SITE,
    SPONSOR,
    UPGRADE,
    Book,
    Clause,
)
from tests.deadline_moments import Moment, Told, changed, moments

JUDGEMENTS = ("serious", "exposed", "unexpected", "related_sponsor")
"""What a party judges when it finds a case not reportable; "not fatal" judges nothing."""


class Case(NamedTuple):
    """Everything a question about deadlines is made of."""

    books: tuple[str, ...]
    zone: str
    told: tuple[Told, ...]
    sponsor_investigator: bool = False
    configuration: Mapping[str, bool | None] = {}
    rules_on: date | None = None
    authority_zone: bool = False


class Answer(NamedTuple):
    """A clock: its clause, Day 0, last day, first instant that is too late, and what became of it."""

    rule: str
    day0: date
    due_on: date | None
    due_at: datetime | None
    state: str


class Ending(NamedTuple):
    """The first instant that is too late, the last day that is not, and the zone in which the days were counted."""

    late: datetime
    day: date
    zone: str


@dataclass(eq=False)
class Clock:
    """A clock that was started."""

    clause: Clause
    opened_in: int
    start: datetime
    zone: str
    end: Ending | None
    state: str = "open"
    closed_in: int | None = None

    def close(self, state: str, step: int) -> None:
        """Nothing runs any more."""
        self.state, self.closed_in = state, step


@dataclass
class Desk:
    """The clocks of one party, or of one party that is both."""

    case: Case
    sides: tuple[str, ...]
    past: list[Moment]
    clocks: list[Clock] = field(default_factory=list)
    downgrades: list[tuple[int, Book]] = field(default_factory=list)

    def clauses(self) -> Iterator[tuple[Book, Clause]]:
        """What binds this party, in the order of the books."""
        for name in self.case.books:
            yield from ((BOOKS[name], clause) for clause in BOOKS[name].clauses if clause.owes in self.sides)

    def walk(self) -> list[Clock]:
        """Live through every moment once."""
        for step, moment in enumerate(self.past):
            for book, clause in self.clauses():
                self.ask(step, book, clause)
            for sent in moment.sent:
                self.send(step, sent)
            if "downgraded" in moment.acts and self.downgrade(step):
                for book, clause in self.clauses():
                    if clause.opens == QUALIFIES:
                        self.ask(step, book, clause)
            if "nullified" in moment.acts:
                for clock in self.clocks:
                    if clock.state == "open" and not (clock.clause.opens == NEWS and clock.opened_in == step):
                        clock.close("cancelled", step)
        return self.clocks

    def ask(self, step: int, book: Book, clause: Clause) -> None:
        """Does this moment start the clock of this clause?"""
        moment, over = self.past[step], any("nullified" in moment.acts for moment in self.past[:step])
        if clause.opens == SENT or not clause.when.holds(moment.after) or (over and clause.opens != NEWS):
            return
        if clause.spares_anticipated and moment.after.get("anticipated") is True:
            return
        if self.is_called_for(step, book, clause):
            start = self.start(step, clause)
            if start is not None and self.in_force(start, book, clause):
                self.open(step, book, clause, start)

    def is_called_for(self, step: int, book: Book, clause: Clause) -> bool:
        """What each kind of clause waits for."""
        moment = self.past[step]
        if clause.opens == NEWS:
            news = moment.acts & {"new_information", "downgraded", "nullified"}
            return bool(news) and any(clock.state == "submitted" for clock in self.of(clause))
        if clause.opens == HANDLED:
            return "handled" in moment.acts and any(clock.state != "cancelled" for clock in self.of(clause))
        if clause.opens == MEASURE:
            return "urgent_measure" in moment.acts
        if clause.opens == LATE and not self.judged_away(step, clause):
            return False
        if clause.opens == UPGRADE and not any(
            clock.opened_in < step and clock.state in ("open", "submitted") for clock in self.of(clause)
        ):
            return False
        return self.may_open(step, book, clause)

    def of(self, clause: Clause) -> list[Clock]:
        """The clocks that this clause builds on."""
        return [clock for clock in self.clocks if clock.clause.id in clause.of]

    def judged_away(self, step: int, clause: Clause) -> bool:
        """Whether the case was valid once, and somebody said a word that kept it from being reportable."""
        return any(
            moment.after.get("minimum_criteria") is True
            and not clause.when.holds(moment.after)
            and any(moment.after.get(word) is False for word in clause.when.asks if word in JUDGEMENTS)
            for moment in self.past[:step]
        )

    def may_open(self, step: int, book: Book, clause: Clause) -> bool:
        """One clock at a time; one that replaces it stands for it; what was downgraded needs something to have changed."""
        running = [clock for clock in self.clocks if clock.state in ("open", "submitted")]
        if any(clock.clause is clause or clause.id in clock.clause.replaces for clock in running):
            return False
        for then in (then for then, of in self.downgrades if of is book and self.takes_away(then, clause)):
            since = self.past[then + 1 : step + 1]
            if not any(self.speaks_again(moment, clause) for moment in since):
                return False
        return True

    def takes_away(self, step: int, clause: Clause) -> bool:
        """Whether a downgrade answers this clause: it holds no more, or nothing was stated that it could rest on."""
        moment, when = self.past[step], clause.when
        rests = "related_investigator" in when.asks and moment.after.get("related_investigator") is True
        return not when.holds(moment.after) or not (changed(moment, when) or rests)

    def speaks_again(self, moment: Moment, clause: Clause) -> bool:
        """Whether a moment says something new to a clause that a downgrade took away."""
        word = "determined"
        determined = clause.on_determination and moment.after.get(word) is True and moment.before.get(word) is not True
        return determined or changed(moment, clause.when) or not clause.when.holds(moment.after)

    def start(self, step: int, clause: Clause) -> datetime | None:
        """From when the clock counts; None: not yet, for want of the determination that it counts from."""
        if clause.opens not in (QUALIFIES, LATE, UPGRADE):
            return self.past[step].at
        since, first = clause.since or clause.when, step
        while first > 0 and since.holds(self.past[first - 1].after):
            first -= 1
        start = self.past[first].at
        if not clause.on_determination:
            return start
        determined = self.past[step].after.get("determined")
        to_come = any("determined" in moment.states for moment in self.past[step + 1 :])
        if determined is False or (determined is None and to_come):
            return None
        when = [moment.at for moment in self.past[: step + 1] if moment.after.get("determined") is True]
        return max(start, when[0]) if determined else start

    def in_force(self, start: datetime, book: Book, clause: Clause) -> bool:
        """Whether the clause was law on the local day on which the clock starts, or on the day the case names."""
        day = self.case.rules_on or local_day(start, self.case.zone)
        return max(book.first, clause.first) <= day <= min(book.last, clause.last)

    def zones(self, book: Book) -> list[str]:
        """Where days are counted: at the party's place and, across borders, at the authority's too."""
        return [self.case.zone, *([book.zone] if self.case.authority_zone and book.zone is not None else [])]

    def last_day(self, start: datetime, limit: int, zones: list[str]) -> Ending:
        """The first instant that is too late, and the last day, counted in days; the earlier of the zones."""
        days = [(zone, days_later(local_day(start, zone), limit)) for zone in zones]
        return min(
            (Ending(beginning(days_later(day, 1), zone), day, zone) for zone, day in days), key=lambda end: end.late
        )

    def open(self, step: int, book: Book, clause: Clause, start: datetime, after: Clock | None = None) -> None:
        """Start the clock; it takes the place of those it replaces and is never later than they were."""
        ends: list[Ending] = []
        if clause.limit is not None and clause.unit == HOURS:
            late = hours_later(start, clause.limit)
            ends.append(Ending(late, local_day(late, self.case.zone), self.case.zone))
        elif clause.limit is not None:
            ends.append(self.last_day(start, clause.limit, self.zones(book)))
        zone = ends[0].zone if ends else self.case.zone
        if clause.cap is not None and after is not None:
            ends.append(self.last_day(after.start, clause.cap, [after.zone]))
        for clock in self.clocks:
            if clock.state == "open" and clock.clause.id in clause.replaces:
                clock.close("superseded", step)
                ends += [clock.end] if clock.end is not None else []
        end = min(ends, key=lambda end: end.late, default=None)
        self.clocks.append(Clock(clause, step, start, zone, end))

    def send(self, step: int, rule: str) -> None:
        """A report goes out: its clock ends, and the clocks that count from the report actually sent begin."""
        for sent in [clock for clock in self.clocks if clock.clause.id == rule and clock.state == "open"]:
            sent.close("submitted", step)
            moment = self.past[step]
            for book, clause in self.clauses():
                follows = clause.opens == SENT and rule in clause.of and clause.when.holds(moment.after)
                if follows and self.in_force(moment.at, book, clause):
                    self.open(step, book, clause, moment.at, after=sent)

    def downgrade(self, step: int) -> bool:
        """A signed downgrade ends the clocks that it answers, save those that stand on the investigator's "related".

        It judged the case: where it ended one clock of a book, no other clause of the book that it answers takes its place.
        """
        ended = []
        for book, clause in self.clauses():
            for clock in [clock for clock in self.clocks if clock.clause is clause and clock.state == "open"]:
                if clause.opens in (QUALIFIES, LATE, UPGRADE) and self.takes_away(step, clause):
                    clock.close("cancelled", step)
                    ended.append((step, book))
        self.downgrades += ended
        return bool(ended)


def answer(case: Case) -> list[Answer]:
    """Every clock of the case, sorted by clause, Day 0, due instant and state."""
    parties = {(SITE, SPONSOR): case.told} if case.sponsor_investigator else {
        (side,): tuple(fact for fact in case.told if fact.party == side) for side in (SITE, SPONSOR)
    }  # fmt: skip
    found = []
    for sides, told in parties.items():
        for clock in Desk(case, sides, moments(told, case.configuration)).walk():
            day0, end = local_day(clock.start, clock.zone), clock.end
            due_on, due_at = (end.day, end.late) if end is not None else (None, None)
            found.append(Answer(clock.clause.id, day0, due_on, due_at, clock.state))
    return sorted(found, key=lambda one: (one.rule, one.day0, str(one.due_at), one.state))
