"""Clocks under random histories through the desk: none is missed, none postponed, none doubled, and the views say the same."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest

from safety.aggregates.deciding import Act, Form, Refused
from safety.aggregates.obligation import Cancelled, Obligation, Obligations, Rejected, Reviewed, Submitted
from safety.aggregates.rule_pack import RulePacks
from safety.aggregates.trial import Trial
from safety.clocks import Case, Governed
from safety.journal.states import folded
from safety.projections.obligations import obligations
from tests import builders as b
from tests.builders import T0
from tests.desks import Office, heard
from tests.duties import Adjustable, adopt
from tests.rule_packs import LONGER, OTHER, PACK

SEEDS = range(40)
STEPS = 25
HOUR = timedelta(hours=1)
TRUTHS = ("T-SITE", "T-7UP", "T-7", "T-15", "O-SITE", "O-7UP", "O-7", "O-15")
"""Rules whose clocks wait for a condition: one of each runs at a time."""
CRITERIA = ("serious", "results_in_death", "life_threatening", "hospitalisation")
LISTED = [{"preferred_term": "Pyrexia", "worst_listed": "serious"}]


class Story:
    """Things that happen to one subject, in any order, filed by whoever may."""

    def __init__(self, office: Office, clock: Adjustable, seed: int) -> None:
        self.office, self.clock, self.random = office, clock, Random(seed)
        self.packs = [LONGER, OTHER]
        self.versions = 0

    def step(self) -> None:
        """Let time pass and one thing happen, or be refused."""
        self.clock.now += self.random.randrange(1, 60) * HOUR
        actions = [
            self.report,
            self.follow_up,
            self.correct,
            self.assess,
            self.judge,
            self.expect,
            self.dose,
            self.send,
        ]
        rare: list[Callable[[], None]] = [self.nullify, self.answer, self.strike, self.govern, self.review, self.merge]
        try:
            self.random.choice([*actions * 3, *rare * 2])()
        except Refused:
            return

    def one(self, *values: object) -> object:
        return self.random.choice(values)

    def do(self, command: str, form: Form, *people: str) -> None:
        self.office.do(command, form, by=self.random.choice(people or ("LIN", "CHEN", "OPERATOR")))

    def said(self) -> dict[str, object]:
        """What is said of seriousness, and perhaps since when it is known."""
        aware = b.aware(self.clock.now - self.random.randrange(0, 150) * HOUR, self.random.choice(("site", "sponsor")))
        return {self.random.choice(CRITERIA): self.one("Y", "N"), "aware": self.one(None, aware)}

    def number(self) -> int:
        return self.random.choice(self.office.numbers() or [1])

    def report(self) -> None:
        if len(self.office.numbers()) < 3:
            onset = self.one("2018-03-05", "2018-02-01", None)
            self.do("adverse_event.report", heard(**{"serious": None, "started_on": onset, **self.said()}))

    def follow_up(self) -> None:
        self.do("adverse_event.follow_up", b.followed_up("S1", self.number(), **self.said()))

    def correct(self) -> None:
        fields = {"serious": self.one("Y", "N", None), "causality": self.one("NONE", "PROBABLE", None)}
        form = b.corrected("S1", self.number(), self.random.choice(("AESER", "AEREL")), **fields)
        self.do("adverse_event.correct", form)

    def assess(self) -> None:
        fields = {**self.said(), "takes_back": self.one(None, "medical_review")}
        form = b.seriousness_assessed("S1", self.number(), self.random.choice(("investigator", "sponsor")), **fields)
        self.do("adverse_event.assess_seriousness", form)

    def judge(self) -> None:
        assessor, causality = self.random.choice(("investigator", "sponsor")), self.random.choice(("NONE", "PROBABLE"))
        form = b.causality_assessed(
            "S1", self.number(), assessor, causality, takes_back=self.one(None, "new_information")
        )
        self.do("adverse_event.assess_causality", form)

    def expect(self) -> None:
        fields = {"takes_back": self.one(None, "medical_review")}
        form = b.expectedness_assessed("S1", self.number(), self.random.choice(("Y", "N")), **fields)
        self.do("adverse_event.assess_expectedness", form, "CHEN")

    def dose(self) -> None:
        start = self.random.choice(("2018-03-01", "2018-04-01", "2018"))
        self.do("dose.give", b.given(number=self.random.randrange(1, 4), started_on=start), "LIN")

    def running(self) -> tuple[int, Obligation] | None:
        number = self.number()
        found = [one for one in owed(self.office, number).values() if one.runs]
        return (number, self.random.choice(found)) if found else None

    def send(self) -> None:
        if (found := self.running()) is not None:
            number, one = found
            said = {"subject": "S1", "number": number, "obligation": one.opened.obligation}
            sent_at = self.clock.now - self.random.randrange(0, 30) * HOUR
            self.do("obligation.submit", b.built(Submitted, **said, sent_at=sent_at), "OPERATOR")

    def answer(self) -> None:
        number = self.number()
        sent = [one for one in owed(self.office, number).values() if one.state == "submitted"]
        for one in sent[:1]:
            said = {"subject": "S1", "number": number, "obligation": one.opened.obligation}
            form = b.built(Rejected, **said, recipient=one.opened.to[0], rejected_at=self.clock.now)
            self.do("obligation.reject", form, "OPERATOR")

    def strike(self) -> None:
        if (found := self.running()) is not None:
            number, one = found
            said = {"subject": "S1", "number": number, "obligation": one.opened.obligation, "printed_name": "Chen"}
            self.do("obligation.cancel", b.built(Cancelled, **said, reason="not_applicable"), "CHEN")

    def nullify(self) -> None:
        self.do("adverse_event.nullify", b.nullified(number=self.number()))

    def merge(self) -> None:
        """Merge one number into another, or take a merge back: refused where there is nothing to merge."""
        if self.random.random() < 0.5:
            self.do("adverse_event.merge", b.merged("S1", self.number(), self.number()), "CHEN")
        else:
            self.do("adverse_event.unmerge", b.unmerged("S1", self.number()), "CHEN")

    def govern(self) -> None:
        if self.packs and self.random.random() < 0.5:
            adopt(self.office, self.packs.pop())
            return
        self.versions += 1
        rsi = b.rsi_issued(str(self.versions), effective_on="2018-01-01", listed=self.one(LISTED, []))
        self.do("trial.issue_reference_safety_information", rsi, "CHEN")

    def review(self) -> None:
        self.do("obligation.review", b.built(Reviewed, subject="S1"), "OPERATOR")


def owed(office: Office, number: int) -> dict[str, Obligation]:
    return dict(folded(office.journal.stream("T1/subject/S1")).slice(Obligations).of(number))


def revisions(known: dict[str, Obligation]) -> dict[tuple[str, int], list[Obligation]]:
    """The revisions of each obligation, in the order of their opening."""
    found: dict[tuple[str, int], list[Obligation]] = {}
    for one in known.values():
        found.setdefault((one.opened.rule, one.opened.ordinal), []).append(one)
    return found


def covered(known: dict[str, Obligation], rule: str, due_at: object) -> bool:
    """Whether a clock that the rules ask for runs no later, or a person or another clock has ended it."""
    of_rule = [one for one in known.values() if one.opened.rule == rule]
    ended = any(not one.runs for one in of_rule)
    in_time = any(one.runs and (due_at is None or one.opened.due_at <= due_at) for one in of_rule)  # type: ignore[operator]  # both are instants
    return ended or in_time


@pytest.mark.parametrize("seed", SEEDS)
def test_clocks_at_random(tmp_path: Path, seed: int) -> None:
    clock = Adjustable()
    office = Office(tmp_path / "log.db", clock).begin()
    adopt(office, PACK, sponsor_investigator=bool(seed % 2))
    story = Story(office, clock, seed)
    before: dict[int, dict[str, Obligation]] = {}
    for _ in range(STEPS):
        story.step()
        for number in office.numbers():
            now = owed(office, number)
            for name, one in before.get(number, {}).items():
                assert now[name].opened == one.opened, "what was opened stays as it was"
                assert one.runs or not now[name].runs or now[name].state == "rejected", "what has ended stays ended"
            for rule in TRUTHS:
                assert sum(one.runs for one in now.values() if one.opened.rule == rule) <= 1 + rejections(now, rule)
            before[number] = now
    story.review()
    check_nothing_is_missed(office)
    check_the_views(office)
    office.close()


def rejections(known: dict[str, Obligation], rule: str) -> int:
    """How many clocks of a rule go on because a recipient rejected the report."""
    return sum(one.state == "rejected" for one in known.values() if one.opened.rule == rule)


def check_nothing_is_missed(office: Office) -> None:
    """Ask the rules once more: every clock they ask for is on record."""
    trial = folded(office.journal.stream("T1/trial"))
    subject = folded(office.journal.stream("T1/subject/S1"))
    governed = Governed(trial.slice(Trial), trial.slice(RulePacks).governing)
    for number in office.numbers():
        known = owed(office, number)
        case = Case(governed, b.enrolled(), number, Act("OPERATOR", "operator", T0))
        for _, due in case.asked(subject):
            if due.state == "open":
                assert covered(known, due.rule.id, due.due_at), due.rule.id


def check_the_views(office: Office) -> None:
    """Compare what the view says with what the states say."""
    views = b.views_beside(office.file)
    views.catch_up(office.journal)
    assert views.faults() == []
    with views.connect() as connection:
        told = obligations(connection, "T1", views.now(connection), office.clock())["obligations"]
    from_view = {(row["number"], row["obligation"]): row["state"] for row in told}
    from_states = {(n, name): one.state for n in office.numbers() for name, one in owed(office, n).items()}
    assert from_view == from_states
    assert views.check(office.journal) == []
    views.close()
