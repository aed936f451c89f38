"""The story behind the golden log: every event version there is, filled in completely, in an order that could have happened.

`python -m tests.golden_log --add` encodes what the file does not hold yet and appends it. Nothing in the file is ever edited:
what a release has written loads for ever. The story only grows, at its end.
"""

import json
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from safety.aggregates.deciding import Act, Form
from safety.aggregates.register import TOPICS
from safety.journal import Stored, encode, leaf
from safety.values import microseconds
from tests.golden_forms import (
    AE,
    AE1,
    AE2,
    ALERT,
    AWARE,
    CODING,
    DIGEST,
    DOSE,
    ISSUED,
    MESSAGE,
    PERIOD,
    REMINDER,
    REPORT,
    RUNG,
    S01,
    SERIOUSNESS,
    SIGNATURE,
    SIGNED,
    SUBJECT,
    TRIAL,
    WEBHOOK,
)
from tests.golden_obligations import duties
from tests.golden_since import later, since

GOLDEN = Path(__file__).parent / "golden" / "log.jsonl"
TRIAL_FILE = Path(__file__).parent / "golden" / "trial.toml"
BEGIN = datetime(2018, 1, 2, 3, 4, 5, tzinfo=UTC)


def governing(**beside: object) -> dict[str, Any]:
    """A trial file with what it defines."""
    from safety.aggregates.trial import Definition  # noqa: PLC0415, the story is data

    text = TRIAL_FILE.read_text(encoding="utf-8")
    return {**TRIAL, "file": text, "definition": Definition.from_toml(text).model_dump(mode="json"), **beside}


def story() -> list[tuple[str, dict[str, Any]]]:
    """Topic and complete form of every event, in order; new ones are added at the end."""
    return [
        ("log.opened.v1", {"log": "GOLDEN-LOG", "purpose": "production", "code_version": "0.1.0"}),
        ("account.added.v1", {"account": "OPERATOR", "roles": ["operator"], "trials": []}),
        ("account.added.v1", {"account": "LIN", "roles": ["investigator", "safety_officer"], "trials": ["GOLDEN"]}),
        ("trial.registered.v1", governing()),
        ("trial.amended.v1", governing(reason="Protocol version 2")),
        (
            "trial.reference_safety_information_issued.v1",
            {
                **TRIAL,
                "file": "Listed: pyrexia.",
                "version": "IB-1",
                "effective_on": "2018-01-01",
                "listed": [{"preferred_term": "Pyrexia", "worst_listed": "life_threatening"}],
            },
        ),
        ("subject.enrolled.v1", SUBJECT),
        ("subject.corrected.v1", {**SUBJECT, "AGE": 53, "variables": ["AGE"]}),
        ("dose.given.v1", DOSE),
        ("dose.corrected.v1", {**DOSE, "EXLOT": "LOT-8", "variables": ["EXLOT"]}),
        ("dose.withheld.v1", {**S01, "EXSEQ": 2, "withheld_on": "2018-04-02", "reason": "Infection."}),
        ("adverse_event.reported.v1", {**AE1, **AE}),
        ("adverse_event.reported.v1", {**AE2, "AESTDTC": "2018"}),
        ("adverse_event.followed_up.v1", {**AE1, **AE, "AEOUT": "RECOVERED/RESOLVED WITH SEQUELAE"}),
        ("adverse_event.corrected.v1", {**AE1, **AE, "AEENDTC": "2018-03-07", "variables": ["AEENDTC"]}),
        ("adverse_event.seriousness_assessed.v1", {**AE1, **SERIOUSNESS, "assessor": "sponsor", "aware": AWARE}),
        (
            "adverse_event.causality_assessed.v1",
            {
                **AE1,
                "assessor": "sponsor",
                "AEREL": "POSSIBLE",
                "product": "AD-MSC",
                "method": "WHO-UMC",
                "aware": AWARE,
            },
        ),
        (
            "adverse_event.expectedness_assessed.v1",
            {**AE1, "expected": "N", "reference_safety_information": "IB-1", "aware": AWARE},
        ),
        ("adverse_event.coded.v1", {**AE1, **CODING}),
        ("adverse_event.merged.v1", {**AE2, "into": 1}),
        ("adverse_event.unmerged.v1", AE2),
        ("adverse_event.row_vanished.v1", AE1),
        ("adverse_event.row_reappeared.v1", AE1),
        ("adverse_event.nullified.v1", {**AE2, "reason": "wrong_subject", "explanation": "Belongs to S02."}),
        ("dose.row_vanished.v1", {**S01, "EXSEQ": 1}),
        ("dose.row_reappeared.v1", {**S01, "EXSEQ": 1}),
        ("subject.row_vanished.v1", S01),
        ("subject.row_reappeared.v1", S01),
        ("subject.withdrawn.v1", {**S01, "mode": "further_use", "withdrawn_on": "2018-06", "AESEQ": 1}),
        ("subject.completed.v1", {**S01, "completed_on": "2019-03-05"}),
        ("subject.died.v1", {**S01, "DTHDTC": "2019-12-31"}),
        (
            "trial.data_imported.v1",
            {
                **TRIAL,
                "digests": {"adverse_events.csv": DIGEST},
                "history": True,
                "subjects": 1,
                "exposures": 1,
                "adverse_events": 2,
                "corrected": 0,
                "vanished": 0,
            },
        ),
        (
            "alert.raised.v1",
            {
                **TRIAL,
                "alert": ALERT,
                "rule": "SAE-REPORTED",
                "role": "safety_officer",
                "rung": 1,
                "concerning": ["S01/1"],
                "due_at": "2018-03-06T02:30:00Z",
                "urgency": "digest",
                "next_at": "2018-03-06T00:00:00Z",
                "remind_at": "2018-03-05T22:30:00Z",
            },
        ),
        (
            "message.composed.v1",
            {**TRIAL, "message": MESSAGE, "to": "LIN", "role": "safety_officer", "alerts": [ALERT]},
        ),
        ("message.failed.v1", {**TRIAL, "message": MESSAGE, "channel": "smtp", "error": "SMTP-451"}),
        ("message.sent.v1", {**TRIAL, "message": MESSAGE, "channel": "smtp", "smtp_code": 250}),
        (
            "log.redaction_requested.v1",
            {"at_position": 13, "reason": "identifies_a_person", "requested_by": "LIN"},
        ),
        ("log.redacted.v1", {"at_position": 13}),
        ("alert.released.v1", {**TRIAL, "alert": ALERT, "next_at": "2018-03-06T00:15:00Z"}),
        (
            "alert.raised.v1",
            {
                **TRIAL,
                "alert": RUNG,
                "rule": "SAE-REPORTED",
                "role": "operator",
                "rung": 3,
                "concerning": ["S01/1"],
                "urgency": "digest",
                "root": ALERT,
                "repeat": 1,
                "next_at": "2018-03-06T00:45:00Z",
            },
        ),
        (
            "alert.raised.v1",
            {
                **TRIAL,
                "alert": REMINDER,
                "rule": "DUE-REMINDER",
                "role": "safety_officer",
                "rung": 1,
                "concerning": ["S01/1"],
                "due_at": "2018-03-06T02:30:00Z",
                "urgency": "urgent",
                "reminds": ALERT,
                "reminder": 1,
                "next_at": "2018-03-05T22:45:00Z",
            },
        ),
        ("alert.acknowledged.v1", {**TRIAL, "alert": ALERT, "acknowledged_by": "LIN", "through": RUNG}),
        ("alert.settled.v1", {**TRIAL, "alert": ALERT}),
        (
            "account.absence_set.v1",
            {
                "account": "LIN",
                "from_at": "2018-03-10T00:00:00Z",
                "until_at": "2018-03-17T00:00:00Z",
                "covered_by": "OPERATOR",
            },
        ),
        *duties(TRIAL, AE1),
        ("periodic_report.opened.v1", {**REPORT, "owed": PERIOD}),
        ("periodic_report.issued.v1", ISSUED),
        ("periodic_report.submitted.v1", {**REPORT, "to": "CDE", "submitted_at": "2018-12-01T00:00:00Z"}),
        ("periodic_report.acknowledged.v1", {**REPORT, "to": "CDE", "acknowledged_at": "2018-12-02T00:00:00Z"}),
        (
            "message.composed.v1",
            {
                **TRIAL,
                "message": WEBHOOK,
                "to": "LIN",
                "role": "operator",
                "alerts": [ALERT],
                "channels": ["maildir", "webhook"],
                "because": "cover",
                "instead_of": "LIN",
            },
        ),
        ("message.faulted.v1", {**TRIAL, "message": WEBHOOK, "what": "template", "error": "UNDEFINEDERROR"}),
        ("message.sent.v1", {**TRIAL, "message": WEBHOOK, "channel": "webhook", "http_code": 204, "attempt": 2}),
        ("account.added.v1", {"account": "WANG", "roles": ["investigator"], "trials": ["GOLDEN"], "sites": ["01"]}),
        ("adverse_event.followed_up.v1", SIGNED),
        *since(AE1),
        *later(AE1),
    ]


def salt(position: int) -> bytes:
    """The salt of a position: fixed, so that the file can be made again byte by byte."""
    return position.to_bytes(16, "big")


def encoded() -> list[Stored]:
    """The story as rows: a minute apart, each by its own command."""
    versions: Counter[str] = Counter()
    rows = []
    for position, (topic, filled_in) in enumerate(story(), 1):
        form: Form = TOPICS[topic].model_validate(filled_in)
        versions[form.stream] += 1
        at = BEGIN + timedelta(minutes=position)
        act = Act("OPERATOR", "operator", at)
        command = f"golden-{position}"
        new = encode(
            form,
            versions[form.stream],
            act,
            command_id=command,
            correlation=command,
            reason=None,
            salt=partial(salt, position),
            signature=SIGNATURE if filled_in is SIGNED else None,
        )
        rows.append(Stored(position, *new, microseconds(at)))
    return rows


def written() -> list[tuple[Stored, str]]:
    """The golden log as it lies in the project: rows, and the leaf each had when it was written."""
    lines = GOLDEN.read_text(encoding="utf-8").splitlines() if GOLDEN.exists() else []
    return [(Stored(*entry["row"]), entry["leaf"]) for entry in map(json.loads, lines)]


def add() -> int:
    """Append what the story has and the file has not."""
    new = encoded()[len(written()) :]
    with GOLDEN.open("a", encoding="utf-8") as file:
        for row in new:
            file.write(json.dumps({"row": row, "leaf": leaf(row)}, ensure_ascii=False) + "\n")
    return len(new)


if __name__ == "__main__" and sys.argv[1:] == ["--add"]:
    print(f"{add()} events added to {GOLDEN.name}")  # noqa: T201, a script's answer
