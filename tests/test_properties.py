"""Any commands in any order at two desks of one log: what the desks know, what the log holds and what is owed agree."""

import json
from collections import Counter
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from safety.aggregates import adverse_event, dose, subject
from safety.aggregates.deciding import Act, Form, Refused
from safety.desk import OtherContent
from safety.journal import Stored, Turn, decode, encode
from safety.journal.states import folded
from tests.builders import T0, built, enrolled, reported
from tests.builders import given as dose_given
from tests.desks import Office, ticking
from tests.given import unhurried

pytestmark = pytest.mark.uncovered

# The oracle: what the wire says became serious, told without a line of `safety`

NINE = ("AESER", "AESDTH", "AESLIFE", "AESHOSP", "AESDISAB", "AESCONG", "AESMIE", "AESCAN", "AESOD")


def became_serious(rows: Iterable[tuple[str, str]]) -> Counter[str]:
    """How often each `subject/number` became serious: Y in AESER or a criterion, as the site or as the sponsor sees it."""
    site: dict[str, dict[str, str | None]] = {}
    sponsor: dict[str, dict[str, str | None]] = {}
    times: Counter[str] = Counter()
    for topic, text in rows:
        said = json.loads(text)
        if not topic.startswith("adverse_event."):
            continue
        concern = f"{said['USUBJID']}/{said['AESEQ']}"
        theirs, ours = site.setdefault(concern, {}), sponsor.setdefault(concern, {})
        was = "Y" in [*theirs.values(), *ours.values()]
        if "reported" in topic or "followed_up" in topic:
            theirs.update({name: said[name] for name in NINE if name in said})
        if "corrected" in topic:
            theirs.update({name: said.get(name) for name in NINE if name in said["variables"]})
        if "seriousness" in topic and said["assessor"] == "sponsor":
            ours.update({name: said.get(name) for name in NINE})
        elif "seriousness" in topic:
            theirs.update({name: said.get(name) for name in NINE[1:]})
            theirs["AESER"] = said.get("AESER", theirs.get("AESER"))
        now = "Y" in [*theirs.values(), *ours.values()]
        times[concern] += now and not was
    return +times


@pytest.mark.parametrize(
    ("said", "times"),
    [
        ([("reported", {"AESER": "Y"})], 1),
        ([("reported", {"AESER": "N", "AESDTH": "Y"})], 1),
        ([("reported", {}), ("followed_up", {"AESER": "Y"}), ("corrected", {"variables": ["AESER"]})], 1),
        ([("reported", {"AESER": "Y"}), ("seriousness_assessed", {"assessor": "sponsor", "AESER": "Y"})], 1),
        ([("reported", {"AESER": "Y"}), ("seriousness_assessed", {"assessor": "investigator", "AESER": "N"})], 1),
        ([("reported", {"AESER": "Y"}), ("corrected", {"variables": ["AESER"]}), ("followed_up", {"AESOD": "Y"})], 2),
        ([("reported", {"AESER": "N"})], 0),
    ],
)
def test_the_oracle_is_right_by_hand(said: list[tuple[str, dict[str, Any]]], times: int) -> None:
    rows = [(f"adverse_event.{what}.v1", json.dumps({"USUBJID": "S1", "AESEQ": 1, **body})) for what, body in said]
    assert became_serious(rows)["S1/1"] == times


# What may be asked of a desk


class Filing(NamedTuple):
    command: str
    form: Form
    by: str


SUBJECTS = st.sampled_from(["S1", "S1", "S2", "S3"])
NUMBERS = st.integers(1, 3)
YES_NO = st.sampled_from(["Y", "N", None])
SERIOUS = {"serious": YES_NO, "results_in_death": YES_NO, "hospitalisation": YES_NO}
CAUSALITY = st.sampled_from(["PROBABLE", "NONE", None])
SAID = st.fixed_dictionaries(
    {}, optional={**SERIOUS, "causality": CAUSALITY, "term": st.sampled_from(["Fever", "发热"])}
)
DATES = st.sampled_from([None, "2018", "2018-03", "2018-03-01", "2018-03-05T09:30"])
ASSESSORS = st.sampled_from(["investigator", "sponsor"])
MODES = st.sampled_from(["treatment", "follow_up"])
VARIABLES = st.lists(st.sampled_from(["AESER", "AESDTH", "AEREL", "AETERM"]), min_size=1, max_size=3)


def filings(command: str, form: type[Form], said: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[Filing]:
    """A command with a form of a subject, by whoever may file."""
    forms = st.builds(lambda subject, fields: built(form, subject=subject, **fields), SUBJECTS, said)
    return st.builds(
        Filing,
        st.just(command),
        forms,
        st.sampled_from(["LIN", "LIN", "CHEN", "CHEN", "OPERATOR", "OPERATOR", "AUDIT"]),
    )


def fields(**strategies: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(strategies)


ABOUT: list[tuple[str, type[Form], st.SearchStrategy[dict[str, Any]]]] = [
    ("follow_up", adverse_event.FollowedUp, st.builds(lambda n, said: {"number": n, **said}, NUMBERS, SAID)),
    (
        "correct",
        adverse_event.Corrected,
        st.builds(lambda n, named, said: {"number": n, "variables": tuple(named), **said}, NUMBERS, VARIABLES, SAID),
    ),
    ("assess_seriousness", adverse_event.SeriousnessAssessed, fields(number=NUMBERS, assessor=ASSESSORS, **SERIOUS)),
    (
        "assess_causality",
        adverse_event.CausalityAssessed,
        fields(number=NUMBERS, assessor=ASSESSORS, causality=st.sampled_from(["PROBABLE", "NONE", "MAYBE"])),
    ),
    ("merge", adverse_event.Merged, fields(number=NUMBERS, into=NUMBERS)),
    ("unmerge", adverse_event.Unmerged, fields(number=NUMBERS)),
    ("nullify", adverse_event.Nullified, fields(number=NUMBERS, reason=st.just("other"))),
]
REPORTS = filings(
    "adverse_event.report",
    adverse_event.Reported,
    st.builds(lambda n, said: {"number": n, **said}, st.none() | NUMBERS, SAID),
)
OTHERS = [
    filings("subject.enrol", subject.Enrolled, fields(weight_kg=st.sampled_from(["70", None]), enrolled_on=DATES)),
    filings("subject.withdraw", subject.Withdrawn, fields(mode=MODES)),
    filings("subject.complete", subject.Completed, fields(completed_on=DATES)),
    filings("subject.record_death", subject.Died, fields(died_on=DATES)),
    filings(
        "dose.give",
        dose.Given,
        fields(number=NUMBERS, started_on=DATES, cells_per_kg=st.sampled_from(["500000", None])),
    ),
    filings("dose.withhold", dose.Withheld, fields(number=NUMBERS)),
]
JUDGED = [filings(f"adverse_event.{verb}", form, said) for verb, form, said in ABOUT]
ANY = st.one_of(REPORTS, REPORTS, *JUDGED[:3] * 2, *JUDGED[3:], *OTHERS)


STANDING = (enrolled("S2"), reported("S1", 1), reported("S1", 2), reported("S2", 1))
"""So that most commands have something to be about; S3 is still to be enrolled."""


class TwoDesks(RuleBasedStateMachine):
    """Two desks on one log, as two processes have them."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = TemporaryDirectory()
        clock, log = ticking(), Path(self.folder.name) / "log.db"
        self.offices = (Office(log, clock).begin(*STANDING), Office(log, clock))
        self.decided: dict[int, Form] = {}
        self.done: list[tuple[Filing, str, range]] = []
        self.commands = 0

    @rule(at=st.integers(0, 1), filing=ANY)
    def file(self, at: int, filing: Filing) -> None:
        office = self.offices[at]
        before, self.commands = office.position, self.commands + 1
        try:
            done = office.do(*filing, command_id=f"C-{self.commands}")
        except Refused:
            assert office.position == before
            return
        assert done.positions == range(before + 1, office.position + 1)
        self.decided.update(zip(done.positions, done.events, strict=True))
        self.done.append((filing, f"C-{self.commands}", done.positions))
        for stream in {event.stream for event in done.events}:
            assert office.desk._known._kept[stream] == folded(office.journal.stream(stream))

    @precondition(lambda self: self.done)
    @rule(at=st.integers(0, 1), which=st.integers(0))
    def repeat(self, at: int, which: int) -> None:
        office, (filing, command_id, positions) = self.offices[at], self.done[which % len(self.done)]
        before = office.position
        again = office.do(*filing, command_id=command_id)
        assert (again.positions, again.repeated, office.position) == (positions, True, before)
        assert list(again.events) == [self.decided[position] for position in positions]

    @precondition(lambda self: self.done)
    @rule(at=st.integers(0, 1), which=st.integers(0), other=ANY)
    def reuse(self, at: int, which: int, other: Filing) -> None:
        office, (filing, command_id, _) = self.offices[at], self.done[which % len(self.done)]
        before = office.position
        if other != filing:
            with pytest.raises(OtherContent):
                office.do(*other, command_id=command_id)
        assert office.position == before

    @invariant()
    def both_desks_see_one_log(self) -> None:
        assert self.offices[0].journal.head() == self.offices[1].journal.head()

    def teardown(self) -> None:
        try:
            self.check_all()
        finally:
            for office in self.offices:
                office.close()
            self.folder.cleanup()

    def check_all(self) -> None:
        rows = list(self.offices[0].journal.rows())
        check_log(self.offices[0], rows)
        for office in self.offices:
            office.journal.turns.run(partial(check_known, office))
        assert {row.position: decode(row).event for row in rows if row.position in self.decided} == self.decided
        alerts = [json.loads(row.body) for row in rows if row.topic == "alert.raised.v1"]
        became = [alert["concerning"] for alert in alerts if alert["rule"] in {"SAE-REPORTED", "SAE-ESCALATED"}]
        assert Counter(concern for (concern,) in became) == became_serious((row.topic, row.body) for row in rows)


def check_known(office: Office, turn: Turn) -> None:
    """What a desk goes on from is what the log folds to."""
    office.desk._known.reading(turn)
    for stream, state in office.desk._known._kept.items():
        assert state == folded(turn.stream(stream))


def check_log(office: Office, rows: list[Stored]) -> None:
    """Positions and versions are dense, a command is one append in one moment, and moments rise."""
    assert [row.position for row in rows] == list(range(1, len(rows) + 1))
    versions: Counter[str] = Counter()
    for row in rows:
        versions[row.stream] += 1
        assert row.version == versions[row.stream]
    moments = []
    expected = 1
    for *_, first, last in office.journal.commands(0, len(rows)):
        assert first == expected
        expected = last + 1
        (moment,) = {row.recorded_at for row in rows[first - 1 : last]}
        moments.append(moment)
    assert expected == len(rows) + 1
    assert moments == sorted(set(moments))


TestTwoDesks = TwoDesks.TestCase
TestTwoDesks.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)


# Any text


@unhurried
@given(st.text(max_size=60), st.text(max_size=60))
def test_any_text_that_is_taken_is_given_back(free: str, coded: str) -> None:
    try:
        form = dose_given(interruption=free, visit=coded)
    except ValueError:
        assert not free.strip() or any("\ud800" <= letter <= "\udfff" for letter in free + coded)
        return
    act = Act("LIN", "investigator", T0)
    new = encode(form, 1, act, command_id="C", correlation="C", reason=None, salt=lambda: b"0" * 16)
    assert decode(Stored(1, *new, recorded_at=1)).event == form


NASTY = (
    "\u2028",
    "😀" * 20,
    "\ufeff",
    "\u202e",
    "';--",
    '{"a": 1}',
    "\\u0000",
    "\r\n",
    "#" + "0" * 64,
    "[redacted]",
)


def test_text_that_databases_stumble_over_comes_back_from_one(tmp_path: Path) -> None:
    office = Office(tmp_path / "log.db").begin()
    forms = [dose_given(number=n, interruption=f"x{text}x", visit=f"x{text}x") for n, text in enumerate(NASTY, 1)]
    for form in forms:
        office.do("dose.give", form)
    assert [event.event for event in office.journal.read() if event.topic == "dose.given.v1"] == forms
    office.close()
