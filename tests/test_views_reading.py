"""What the views tell: line listing, timeline, open queries, audit trail, trials, and what is owed and not delivered."""

import json

import pytest
from sqlalchemy import select

from safety.aggregates.deciding import TOPICS, Form
from safety.journal import Journal
from safety.projections import At, Views
from safety.projections.alert import ALERT, MESSAGE
from safety.projections.audit_trail import audit_trail, history
from safety.projections.inbox import carried, inbox, owed, unsent
from safety.projections.trials import trials
from safety.projections.words import SHOWN, NoSentence, sentence
from tests import builders as b
from tests.histories import History

BEGIN = (b.opened(), b.registered())


def test_the_audit_trail_by_position_and_the_history_of_a_stream(journal: Journal, views: Views) -> None:
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
        assert [row["position"] for row in audit_trail(connection, At(4))] == [1, 2, 3, 4]
        assert [row["position"] for row in audit_trail(connection, now, after=2, limit=2)] == [3, 4]
        assert [row["position"] for row in history(connection, "T1/subject/S1", now)] == [3, 5, 7]
        assert [row["position"] for row in history(connection, "S1", now)] == [3, 5, 7, 8]
        assert [row["position"] for row in history(connection, "S1", At(5))] == [3, 5]
        assert history(connection, "S9", now) == []
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


def test_the_trials_and_what_they_hold(journal: Journal, views: Views) -> None:
    b.append(journal, *BEGIN, b.registered(code="T2"), b.enrolled(), b.enrolled("S2"), b.reported())
    views.catch_up(journal)
    with views.connect() as connection:
        found = trials(connection, views.now(connection))
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
        "rung": 1,
        "repeat": 0,
        "urgency": "urgent",
        "due_at": None,
        "root": "A-3",
        "reminds": None,
        "state": "owed",
    }


def test_an_alert_is_owed_until_any_channel_took_its_message(journal: Journal, views: Views) -> None:
    raised = b.alert_raised(due_at=b.T0), b.alert_raised("A-2", concerning=("S1/2",))
    b.append(journal, *BEGIN, b.enrolled(), *raised, b.composed(alerts=("A-1", "A-2")), b.failed(), b.sent(), b.sent())
    views.catch_up(journal)
    with views.connect() as connection:
        table = MESSAGE.table
        receipts = connection.execute(
            select(table.c.sent_at, table.c.from_position).order_by(table.c.from_position)
        ).all()
        versions = connection.scalars(select(ALERT.table.c.from_position).where(ALERT.table.c.alert == "A-1")).all()
        by_position = {p: inbox(connection, b.TRIAL, At(p))["alerts"] for p in (3, 4, 6, 7, 8, 9)}
        assert owed(connection) == []
    assert [sent_at is None for sent_at, _ in receipts] == [True, True, False, False]
    assert receipts[2][0] == receipts[3][0], "the first receipt says when"
    assert sorted(versions) == [4, 6, 8], "a second receipt says nothing new of the alert"
    states = {position: [alert["state"] for alert in alerts] for position, alerts in by_position.items()}
    assert states == {3: [], 4: ["owed"], 6: ["owed"] * 2, 7: ["owed"] * 2, 8: ["sent"] * 2, 9: ["sent"] * 2}
    assert by_position[4][0]["messages"] == []
    assert by_position[8][0] == {
        "id": "A-1",
        "rule": "SAE-REPORTED",
        "role": "safety_officer",
        "rung": 1,
        "concerning": ["S1/1"],
        "state": "sent",
        "raised_at": by_position[4][0]["raised_at"],
        "due_at": "2026-03-01T09:00:00Z",
        "messages": ["M-1"],
        "urgency": "urgent",
        "root": None,
        "repeat": 0,
        "reminds": None,
        "next_at": None,
        "acknowledged_by": None,
        "acknowledged_at": None,
        "settled": False,
    }
    json.dumps(by_position)
