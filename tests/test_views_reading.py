"""What the views tell: line listing, timeline, open queries, audit trail, trials, and what is owed and not delivered."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from safety.aggregates.adverse_event import RowVanished
from safety.aggregates.deciding import TOPICS, Form
from safety.aggregates.dose import RowVanished as DoseVanished
from safety.aggregates.subject import RowVanished as SubjectVanished
from safety.aggregates.trial import UnknownTrial
from safety.journal import Journal
from safety.projections import At, Views
from safety.projections.audit_trail import audit_trail, history
from safety.projections.inbox import carried, inbox, owed, unsent
from safety.projections.line_listing import dose_before, line_listing, study_day
from safety.projections.open_queries import open_queries
from safety.projections.subject_timeline import subject_timeline
from safety.projections.trials import trials
from safety.projections.words import SHOWN, NoSentence, sentence
from safety.values import span
from tests import builders as b
from tests.conftest import Store
from tests.histories import History

View = Callable[..., Any]
BEGIN = (b.opened(), b.registered())


@pytest.fixture
def views(store: Store) -> Iterator[Views]:
    opened = b.views_beside(store)
    yield opened
    opened.close()


@pytest.fixture
def ask(journal: Journal, views: Views) -> Callable[..., Any]:
    """File events, then ask a view: `ask(view, trial)(*events)`."""

    def of(view: View, *named: object, **asked: Any) -> Callable[..., Any]:  # noqa: ANN401, what the view takes
        def answer(*events: Form) -> Any:  # noqa: ANN401, what the view answers
            b.append(journal, *events)
            views.catch_up(journal)
            assert views.faults() == []
            with views.connect() as connection:
                found = view(connection, *named, views.now(connection), **asked)
            json.dumps(found)
            return found

        return answer

    return of


def test_a_line_says_what_was_judged_and_how_it_lies_to_the_doses(ask: View) -> None:
    found = ask(line_listing, b.TRIAL)(
        *BEGIN,
        b.enrolled(),
        b.given(number=1, started_on="2018-03-01"),
        b.given(number=2, started_on="2018-03-29T10:00"),
        b.reported(
            started_on="2018-03-31",
            ended_on="2018-04",
            causality="NONE",
            grade="2",
            hospitalisation="Y",
            aware=b.aware(),
        ),
        b.causality_assessed(assessor="sponsor", causality="PROBABLE", product="AD-MSC", method="WHO-UMC"),
        b.seriousness_assessed(assessor="sponsor", serious="Y"),
        b.expectedness_assessed(),
    )
    assert (found["trial"], found["position"], len(found["rows"])) == (b.TRIAL, 9, 1)
    assert found["rows"][0] == {
        "subject": "S1",
        "site": "01",
        "arm": "A",
        "number": 1,
        "source_id": None,
        "term": "Pyrexia",
        "preferred_term": "Pyrexia",
        "soc": "General disorders",
        "onset": "2018-03-31",
        "end": "2018-04",
        "study_day": 31,
        "after_dose": 2,
        "days_after_dose": 2,
        "severity": None,
        "grade": "2",
        "serious": "N",
        "serious_for_sponsor": "Y",
        "outcome": None,
        "action_taken": None,
        "expected": "N",
        "aware_on": "2026-03-01",
        "aware_party": "site",
        "merged_into": None,
        "criteria": ["hospitalisation"],
        "causality": "NONE",
        "assessments": [
            {"assessor": "investigator", "product": None, "method": None, "causality": "NONE"},
            {"assessor": "sponsor", "product": "AD-MSC", "method": "WHO-UMC", "causality": "PROBABLE"},
        ],
        "treatment_emergent": "Y",
        "related": "N",
        "nullified": False,
        "vanished": False,
        "position": 9,
    }


LISTED = (
    *BEGIN,
    b.enrolled("S1"),
    b.enrolled("S2", arm="Screen Failure"),
    b.given(),
    b.given("S2"),
    b.reported("S2", 1, serious="Y"),
    b.reported("S1", 2, causality="PROBABLE"),
    b.reported("S1", 1),
    b.seriousness_assessed("S1", 1, "sponsor", medically_important="Y"),
    b.nullified("S1", 2),
)


@pytest.mark.parametrize(
    ("asked", "listed"),
    [
        ({}, [("S1", 1), ("S1", 2), ("S2", 1)]),
        ({"serious": True}, [("S1", 1), ("S2", 1)]),
        ({"related": True}, [("S1", 2)]),
        ({"subject": "S2"}, [("S2", 1)]),
        ({"limit": 1, "offset": 1}, [("S1", 2)]),
        ({"offset": 2}, [("S2", 1)]),
        ({"subject": "S9"}, []),
    ],
)
def test_the_listing_is_asked_for_a_part(ask: View, asked: dict[str, Any], listed: list[tuple[str, int]]) -> None:
    found = ask(line_listing, b.TRIAL, **asked)(*LISTED)
    assert [(row["subject"], row["number"]) for row in found["rows"]] == listed


def test_the_listing_marks_and_never_hides(ask: View) -> None:
    rows = {(row["subject"], row["number"]): row for row in ask(line_listing, b.TRIAL)(*LISTED)["rows"]}
    assert rows["S1", 2]["nullified"]
    assert rows["S2", 1]["treatment_emergent"] == "N", "a subject of no arm is in no population"
    assert rows["S1", 1]["treatment_emergent"] == "Y"


def test_a_long_listing_reads_the_trial_and_a_short_one_its_subjects(
    ask: View, monkeypatch: pytest.MonkeyPatch
) -> None:
    short = ask(line_listing, b.TRIAL)(*History(30).events(200))
    monkeypatch.setattr("safety.projections.line_listing.FEW", 0)
    assert ask(line_listing, b.TRIAL)(b.enrolled("S99"))["rows"] == short["rows"]


@pytest.mark.parametrize(
    ("day", "first", "expected"), [(10, 10, 1), (9, 10, -1), (12, 10, 3), (None, 10, None), (10, None, None)]
)
def test_the_study_day_has_no_day_0(day: int | None, first: int | None, expected: int | None) -> None:
    assert study_day(day, first) == expected


@pytest.mark.parametrize(
    ("doses", "stated", "expected"),
    [
        ([(1, 5), (2, 9), (3, 20)], None, (2, 1)),
        ([(1, 5), (2, 9), (3, 20)], 1, (1, 5)),
        ([(1, 5), (2, None)], None, (None, None)),
        ([(1, 5), (2, None)], 2, (2, None)),
        ([(1, 5)], 4, (4, None)),
        ([(1, 11)], None, (None, None)),
        ([], None, (None, None)),
    ],
)
def test_which_dose_an_adverse_event_came_after(
    doses: list[tuple[int, int | None]], stated: int | None, expected: tuple[int | None, int | None]
) -> None:
    from safety.projections.line_listing import Dose

    assert dose_before(10, [Dose(*dose) for dose in doses], stated) == expected


TIMELINE = (
    *BEGIN,
    b.enrolled(enrolled_on="2018-02-20"),
    b.given(started_on="2018-03-01", route="IV", visit="WEEK 0"),
    b.withheld(number=2),
    b.reported(
        started_on="2018-03-01", causality="NONE", serious="Y", grade="3", outcome="FATAL", ended_on="2018-03-04"
    ),
    b.reported(number=2, started_on="2018", preferred_term=None, term=None),
    b.merged(),
    b.built(DoseVanished, subject="S1", number=1),
    b.nullified(number=1),
    b.withdrawn(mode="follow_up"),
    b.completed(),
    b.died(died_on="2018-03-04"),
    b.built(SubjectVanished, subject="S1"),
)


def test_the_timeline_of_a_subject_in_the_order_it_happened(ask: View) -> None:
    found = ask(subject_timeline, b.TRIAL, "S1")(*TIMELINE)
    assert [(entry["on"], entry["what"], entry["words"]) for entry in found] == [
        ("2018", "adverse_event", "AE 2: term not stated; merged into 1"),
        ("2018-02-20", "enrolled", "Enrolled, arm A"),
        ("2018-03-01", "dose", "Dose 1 given: AD-MSC, 35 10^6 CELLS, IV, WEEK 0; its row is no longer in the data"),
        ("2018-03-01", "adverse_event", "AE 1: Pyrexia, grade 3, serious, FATAL; nullified"),
        ("2018-03-01", "assessment", "AE 1: NONE in the view of the investigator"),
        ("2018-03-04", "died", "Died"),
        (None, "withdrawn", "Withdrawn from follow up"),
        (None, "completed", "Completed the trial"),
        (None, "vanished", "The subject's row is no longer in the data"),
        (None, "dose", "Dose 2 withheld"),
    ]
    assert [entry["number"] for entry in found[:4]] == [2, None, 1, 1]
    assert found[3]["position"] == 10


def test_the_timeline_up_to_a_day_and_of_nobody(ask: View, views: Views) -> None:
    ask(trials)(*TIMELINE)
    with views.connect() as connection:
        by = At(views.position(connection), span("2018-03-02")[1])
        known = [entry["what"] for entry in subject_timeline(connection, b.TRIAL, "S1", by)]
        assert "died" not in known
        assert known.count("adverse_event") == 2
        assert subject_timeline(connection, b.TRIAL, "S2", by) == []


def test_a_subject_enrolled_on_an_unknown_day_in_no_arm_comes_first(ask: View) -> None:
    found = ask(subject_timeline, b.TRIAL, "S1")(*BEGIN, b.enrolled(arm=None), b.given(started_on=None))
    assert [entry["words"] for entry in found] == ["Enrolled, no arm", "Dose 1 given: AD-MSC, 35 10^6 CELLS"]


def queried(rule: str, number: int | None, fields: list[str], message: str) -> dict[str, Any]:
    return {"rule": rule, "subject": "S1", "number": number, "source_id": None, "fields": fields, "message": message}


QUERIES = [
    (
        [b.reported(hospitalisation="Y", involves_cancer="Y")],
        queried("SERIOUS_FLAG", 1, ["AESER", "AESHOSP", "AESCAN"], "AESHOSP, AESCAN is Y while AESER is N."),
    ),
    (
        [b.reported(serious=None, life_threatening="Y")],
        queried("SERIOUS_FLAG", 1, ["AESER", "AESLIFE"], "AESLIFE is Y while AESER is missing."),
    ),
    (
        [b.reported(started_on="2018-03-05", ended_on="2018-03-04")],
        queried("END_BEFORE_START", 1, ["AESTDTC", "AEENDTC"], "AEENDTC 2018-03-04 lies before AESTDTC 2018-03-05."),
    ),
    (
        [b.reported(started_on="2018-02", causality="POSSIBLE")],
        queried(
            "ONSET_BEFORE_FIRST_DOSE_RELATED",
            1,
            ["AESTDTC", "AEREL", "EXSTDTC"],
            "AESTDTC 2018-02 lies before the first dose (EXSTDTC) and the event counts as related.",
        ),
    ),
    (
        [b.reported(outcome="FATAL")],
        queried("FATAL_WITHOUT_DEATH", 1, ["AEOUT", "DTHDTC"], "AEOUT is FATAL while no death is recorded (DTHDTC)."),
    ),
    (
        [b.reported(serious="Y", results_in_death="Y")],
        queried("FATAL_WITHOUT_DEATH", 1, ["AESDTH", "DTHDTC"], "AESDTH is Y while no death is recorded (DTHDTC)."),
    ),
    (
        [b.reported(), b.reported(number=3), b.reported(number=4, causality="NONE")],
        queried("EQUAL_BUT_NUMBER", 3, ["AESEQ"], "Adverse event 3 equals adverse event 1 in all but its number (AESEQ)."),
    ),
    (
        [b.reported(), b.built(RowVanished, subject="S1", number=1)],
        queried("VANISHED", 1, ["AESEQ"], "The row of adverse event 1 is no longer in the data."),
    ),
    (
        [b.built(DoseVanished, subject="S1", number=1)],
        queried("VANISHED", None, ["EXSEQ"], "The row of dose 1 of subject S1 is no longer in the data."),
    ),
    (
        [b.built(SubjectVanished, subject="S1")],
        queried("VANISHED", None, ["USUBJID"], "The row of subject S1 is no longer in the data."),
    ),
]  # fmt: skip


@pytest.mark.parametrize(("events", "expected"), QUERIES, ids=[expected["message"] for _, expected in QUERIES])
def test_a_contradiction_is_a_query(ask: View, events: list[Form], expected: dict[str, Any]) -> None:
    assert ask(open_queries, b.TRIAL)(*BEGIN, b.enrolled(), b.given(), *events) == [expected]


@pytest.mark.parametrize(
    "events",
    [
        [b.reported(hospitalisation="Y", serious="Y")],
        [b.reported(hospitalisation="Y"), b.nullified()],
        [b.reported(hospitalisation="Y"), b.seriousness_assessed(serious="Y", hospitalisation="Y")],
        [b.reported(started_on="2018-03-05", ended_on="2018-03")],
        [b.reported(started_on="2018-03-05T10:00", ended_on="2018-03-05")],
        [b.reported(started_on="2018-02")],
        [b.reported(started_on="2018", causality="POSSIBLE")],
        [b.reported(outcome="FATAL"), b.died()],
        [b.reported(), b.reported(number=2, severity="MILD")],
        [b.reported(), b.reported(number=2), b.merged()],
        [b.reported(), b.reported(number=2), b.nullified(number=1)],
        [b.reported(), b.reported(number=2), b.causality_assessed(causality="NONE")],
        [b.reported(), b.enrolled("S2"), b.reported("S2")],
    ],
)
def test_what_is_no_contradiction_or_was_put_right_is_no_query(ask: View, events: list[Form]) -> None:
    assert ask(open_queries, b.TRIAL)(*BEGIN, b.enrolled(), b.given(), *events) == []


def test_queries_as_of_before_the_correction(ask: View, views: Views) -> None:
    ask(open_queries, b.TRIAL)(*BEGIN, b.enrolled(), b.reported(hospitalisation="Y"), b.corrected("S1", 1, "AESHOSP"))
    with views.connect() as connection:
        found = [[query["rule"] for query in open_queries(connection, b.TRIAL, At(p))] for p in (3, 4, 5)]
        with pytest.raises(UnknownTrial):
            open_queries(connection, b.TRIAL, At(1))
    assert found == [[], ["SERIOUS_FLAG"], []]


def test_the_audit_trail_by_stream_prefix_and_position(journal: Journal, views: Views) -> None:
    b.append(journal, *BEGIN, b.enrolled("S1"), b.enrolled("S10"), b.reported("S1"), b.reported("S10"))
    b.append(
        journal,
        b.corrected("S1", 1, "AESEV", "AETERM", "AEENDTC", severity="MILD", term="x"),
        by="WANG",
        reason="typing_error",
    )
    b.append(journal, b.enrolled("S1", trial="T2"), b.registered(code="T2"))
    views.catch_up(journal)
    with views.connect() as connection:
        now = views.now(connection)
        everything = audit_trail(connection, now)
        assert [row["position"] for row in everything] == list(range(1, 10))
        assert [row["position"] for row in audit_trail(connection, At(7), prefix="T1/subject/S1")] == [3, 4, 5, 6, 7]
        assert [row["position"] for row in audit_trail(connection, now, after=2, limit=2)] == [3, 4]
        assert [row["position"] for row in audit_trail(connection, now, prefix="T1/")] == [2, 3, 4, 5, 6, 7]
        assert [row["position"] for row in history(connection, "T1/subject/S1")] == [3, 5, 7]
        assert [row["position"] for row in history(connection, "S1")] == [3, 5, 7, 8]
        assert [row["position"] for row in history(connection, "S1", At(5))] == [3, 5]
        assert history(connection, "S9") == []
    assert everything[6] == {
        "position": 7,
        "trial": "T1",
        "stream": "T1/subject/S1",
        "version": 3,
        "topic": "adverse_event.corrected.v1",
        "by": "WANG",
        "role": "operator",
        "at": "2026-03-01T09:00:00+00:00",
        "recorded_at": everything[6]["recorded_at"],
        "reason": "typing_error",
        "words": "Adverse event 1 of subject S1 was corrected: AESEV MILD, AETERM, AEENDTC emptied.",
    }


SECRET = "Mr Wang of Guangzhou"


def test_sentences_never_hold_free_text() -> None:
    """Every event of a long random history, and every field marked as text filled with a secret."""
    told = [sentence(event) for event in History(40).events(600)]
    assert len({words.split()[0] for words in told}) > 5
    marked = 0
    for form in TOPICS.values():
        names = set(form.SEALED.values())
        marked += len(names)
        assert not names & SHOWN
    assert marked >= 4
    secrets = [
        b.reported(term=SECRET, narrative=SECRET, preferred_term=SECRET, dictionary=SECRET),
        b.followed_up(narrative=SECRET, low_level_term=SECRET),
        b.corrected("S1", 1, "AETERM", "narrative", term=SECRET, narrative=SECRET),
        b.nullified(explanation=SECRET),
        b.withheld(reason=SECRET),
        b.given(interruption=SECRET, interrupted="Y", lot=SECRET, visit=SECRET),
        b.causality_assessed(product=SECRET, method=SECRET),
        b.enrolled(arm=SECRET, country=SECRET),
    ]
    for event in secrets:
        assert "Wang" not in sentence(event)


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (b.reported(aware=b.aware()), "Adverse event 1 of subject S1 was reported: AEDECOD, AEBODSYS, AESER N, AETERM, AESTDTC 2018-03-05."),
        (b.followed_up(), "Adverse event 1 of subject S1 was followed up: no particulars."),
        (b.withdrawn(because_of_adverse_event=2, withdrawn_on="2018-05"), "Subject S1 withdrew from treatment on 2018-05 because of adverse event 2."),
        (b.completed(completed_on="2018-06"), "Subject S1 completed the trial on 2018-06."),
        (b.died(), "Subject S1 died."),
        (b.died(died_on="2018-06-01"), "Subject S1 died on 2018-06-01."),
        (b.withheld(withheld_on="2018-03"), "Dose 1 of subject S1 was withheld on 2018-03."),
        (b.expectedness_assessed(expected="Y", reference_safety_information="2"), "Adverse event 1 of subject S1 was assessed as expected against reference safety information 2."),
        (b.causality_assessed(product="AD-MSC", method="WHO"), "The investigator assessed the causality of adverse event 1 of subject S1 by stated product and method: AEREL PROBABLE."),
        (b.account_added(trials=("T1", "T2")), "Account ONE was added as safety_officer in T1, T2."),
        (b.account_added(), "Account ONE was added as safety_officer in all trials."),
        (b.data_imported(history=True, subjects=3), "Data of trial T1 were imported as history: 3 subjects, 0 exposures, 0 adverse events, 0 corrected, 0 vanished."),
        (b.sent(channel="smtp", smtp_code=250), "Message M-1 was taken by smtp with code 250."),
        (b.redaction_requested(7, by="WANG"), "WANG asked for the redaction of position 7: legal duty."),
    ],
)  # fmt: skip
def test_what_happened_in_words(event: Form, words: str) -> None:
    assert sentence(event) == words


def test_a_class_without_a_sentence_is_an_error() -> None:
    with pytest.raises(NoSentence, match="Form"):
        sentence(Form())


def test_the_trials_and_what_they_hold(ask: View, views: Views) -> None:
    found = ask(trials)(*BEGIN, b.registered(code="T2"), b.enrolled(), b.enrolled("S2"), b.reported())
    assert [(row["trial"], row["subjects"], row["adverse_events"], row["arms"]) for row in found] == [
        ("T1", 2, 1, ["A", "B"]),
        ("T2", 0, 0, ["A", "B"]),
    ]
    with views.connect() as connection:
        assert [row["trial"] for row in trials(connection, At(2))] == ["T1"]


def test_what_is_owed_and_what_is_not_delivered(journal: Journal, views: Views) -> None:
    """Two people are told of one alert: the first message pays it, the second stays to be delivered with what it carries."""
    b.append(journal, *BEGIN, b.alert_raised("A-1"), b.alert_raised("A-2", concerning=("S1/2", "S2/1")))
    b.append(journal, b.composed("M-1", ("A-1",)), b.composed("M-2", ("A-1",), to="TWO"), b.sent("M-1"))
    b.append(journal, b.failed("M-1", "smtp"), b.composed("M-3", ("A-2",)), b.sent("M-3", "smtp"))
    views.catch_up(journal)
    with views.connect() as connection:
        assert owed(connection) == []
        assert inbox(connection, "T9", views.now(connection)) == {"position": 10, "alerts": []}
        assert unsent(connection) == [
            {"message": "M-2", "trial": "T1", "account": "TWO", "alerts": ("A-1",), "sent": frozenset()},
            {"message": "M-1", "trial": "T1", "account": "ONE", "alerts": ("A-1",), "sent": frozenset({"maildir"})},
        ]
        assert [alert["alert"] for alert in carried(connection)] == ["A-1"]
    b.append(journal, b.sent("M-1", "smtp"), b.alert_raised("A-3", concerning=("S1/2", "S2/1")))
    views.catch_up(journal)
    with views.connect() as connection:
        assert [message["message"] for message in unsent(connection)] == ["M-2"]
        (left,) = owed(connection)
    assert left == {
        "alert": "A-3",
        "trial": "T1",
        "rule": "SAE-REPORTED",
        "role": "safety_officer",
        "concerning": ("S1/2", "S2/1"),
        "raised_at": left["raised_at"],
    }
