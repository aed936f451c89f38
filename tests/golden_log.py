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
from safety.journal import Signature, Stored, encode, leaf
from safety.values import microseconds
from tests.golden_obligations import duties
from tests.golden_since import since

GOLDEN = Path(__file__).parent / "golden" / "log.jsonl"
TRIAL_FILE = Path(__file__).parent / "golden" / "trial.toml"
BEGIN = datetime(2018, 1, 2, 3, 4, 5, tzinfo=UTC)
DIGEST = "ab" * 32

TRIAL = {"STUDYID": "GOLDEN"}
S01 = {**TRIAL, "USUBJID": "S01"}
AE1, AE2 = {**S01, "AESEQ": 1}, {**S01, "AESEQ": 2}
AWARE = {"at": "2018-03-06T01:30:00Z", "zone": "Asia/Shanghai", "party": "site", "basis": "stated"}
SIGNED = {**AE1, "AEOUT": "RECOVERED/RESOLVED", "aware": AWARE}
"""The one form of the story that is signed."""
SIGNATURE = Signature("authorship", ("account", "passphrase", "code"), "Dr Golden 金")
ALERT, MESSAGE = "0D8A1F2E-0000-5000-8000-000000000001", "0D8A1F2E-0000-5000-8000-000000000002"
RUNG, REMINDER = "0D8A1F2E-0000-5000-8000-000000000003", "0D8A1F2E-0000-5000-8000-000000000004"
WEBHOOK = "0D8A1F2E-0000-5000-8000-000000000005"

SERIOUSNESS = dict.fromkeys(
    ("AESER", "AESDTH", "AESLIFE", "AESHOSP", "AESDISAB", "AESCONG", "AESMIE", "AESCAN", "AESOD"), "N"
) | {"AESER": "Y", "AESHOSP": "Y"}
CODING = {
    "AELLT": "Fever",
    "AEDECOD": "Pyrexia",
    "AEPTCD": "10037660",
    "AEBODSYS": "General disorders and administration site conditions",
    "AESOC": "General disorders and administration site conditions",
    "dictionary": "MedDRA",
    "dictionary_version": "20.1",
}
AE = {
    **SERIOUSNESS,
    **CODING,
    "AESPID": "E-17",
    "AETERM": "发热 (fever) after the infusion",
    "narrative": "Temperature 38.9, settled overnight.",
    "AESTDTC": "2018-03-05T14:00",
    "AEENDTC": "2018-03-06",
    "AESEV": "MODERATE",
    "AETOXGR": "2",
    "AEREL": "PROBABLE",
    "AEACN": "DOSE NOT CHANGED",
    "AEOUT": "RECOVERED/RESOLVED",
    "after_dose": 1,
    "aware": AWARE,
    "source": "import",
}
DOSE = {
    **S01,
    "EXSEQ": 1,
    "EXTRT": "AD-MSC",
    "EXDOSE": "500000",
    "EXDOSU": "cells/kg",
    "EXROUTE": "INTRAVENOUS",
    "EXSTDTC": "2018-03-05T09:30",
    "EXENDTC": "2018-03-05T10:15:30",
    "VISIT": "WEEK 0",
    "EXLOT": "LOT-7",
    "cells_per_kg": "500000",
    "total_cells": "36000000.0",
    "viability_percent": "92.5",
    "interrupted": "Y",
    "interruption": "Line changed.",
    "source": "import",
}
SUBJECT = {
    **S01,
    "SITEID": "01",
    "COUNTRY": "CHN",
    "AGE": 52,
    "BRTHYR": 1966,
    "SEX": "F",
    "WEIGHT": "72.0",
    "ARM": "AD-MSC",
    "ACTARM": "AD-MSC",
    "RFICDTC": "2018-02",
    "source": "import",
}
REPORT = {**TRIAL, "kind": "dsur", "period": "2018-10-31"}
PERIOD = {
    "kind": "dsur",
    "period": "2018-10-31",
    "begins_on": "2017-11-01",
    "ends_on": "2018-10-31",
    "locked_at": "2018-10-31T16:00:00Z",
    "due_on": "2018-12-30",
    "due_at": "2018-12-30T16:00:00Z",
    "rule": "E2F-DSUR",
    "to": ["regulator"],
    "citation": "ICH E2F",
    "confidence": "medium",
    "basis": "guidance",
    "note": "The data lock point is the last day of the year.",
    "source": "the protocol",
    "sure": True,
}
ISSUED = {
    **REPORT,
    "position": 9,
    "since_position": 3,
    "reference_safety_information": "IB-1",
    "layout": 1,
    "html_sha256": "d6bfd7adad18cfa6e9dc47d61a84b6a3028ecc98917b7e874f86142f7dc4e178",
    "text_sha256": "553857cd2d144c3994ef49fd90e3965b019fd9e183735fc649f77105fe465f0e",
    "html": "<p>发热: Pyrexia</p>\n",
    "text": "发热: Pyrexia\n",
}


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
        ("account.changed.v1", {"account": "WANG", "roles": ["auditor"], "trials": ["GOLDEN"], "sites": ["01"]}),
        ("account.revoked.v1", {"account": "WANG"}),
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
