"""The part of the golden story about obligations: every event version of them, filled in completely."""

from hashlib import sha256
from typing import Any

PACK = """\
id = "GOLD"
version = "1"
title = "A pack for the golden log"
authority = "Nobody"
zone = "Europe/Brussels"
related = "either"
effective_from = 2018-01-01
effective_to = 2030-12-31
sources = ["none"]
[configuration]
binding = "the trial says so"
[[rule]]
id = "GOLD-15"
from = "sponsor"
to = ["Authority", "Ethics committee"]
when = "serious and binding"
limit = 15
unit = "calendar_day"
citation = "none"
confidence = "UNSURE"
basis = "site"
"""
PROFILE = """\
id = "GOLD-PROFILE"
version = "1"
title = "A profile for the golden log"
authority = "Nobody"
packs = ["GOLD"]
effective_from = 2018-01-01
sources = ["none"]
"""


def document(file: str, name: str) -> dict[str, str]:
    """A text that governs, whole."""
    return {
        "file": file,
        "sha256": sha256(file.encode()).hexdigest(),
        "id": name,
        "version": "1",
        "effective_from": "2018-01-01",
        "effective_to": "2030-12-31",
    }


def duties(trial: dict[str, Any], ae: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """What is owed for an adverse event that is on record, and what becomes of it."""
    first, second = {**ae, "obligation": "GOLD-15/1"}, {**ae, "obligation": "GOLD-15/1.2"}
    subject = {name: ae[name] for name in ("STUDYID", "USUBJID")}
    aware = {"at": "2018-03-06T01:30:00Z", "zone": "Asia/Shanghai", "party": "site", "basis": "filed"}
    late = {**aware, "basis": "stated", "filed_at": "2018-03-06T02:00:00Z"}
    opened = {
        **first,
        "rule": "GOLD-15",
        "ordinal": 1,
        "pack": "GOLD",
        "pack_version": "1",
        "pack_sha256": sha256(PACK.encode()).hexdigest(),
        "owed_by": "sponsor",
        "to": ["Authority", "Ethics committee"],
        "limit": 15,
        "unit": "calendar_day",
        "party": "sponsor",
        "starts_at": "2018-03-06T01:30:00Z",
        "zone": "Asia/Shanghai",
        "day0": "2018-03-06",
        "due_on": "2018-03-21",
        "due_at": "2018-03-21T16:00:00Z",
        "citation": "none",
        "confidence": "UNSURE",
        "basis": "site",
        "because": ["serious: true, stated by the site (version 2)", "due by 2018-03-21"],
        "facts": [2],
    }
    recipient = {**second, "recipient": "Authority"}
    return [
        (
            "rule_pack.adopted.v1",
            {
                **trial,
                "packs": [document(PACK, "GOLD")],
                "profile": document(PROFILE, "GOLD-PROFILE"),
                "zone": "Asia/Shanghai",
                "sponsor_investigator": False,
                "configuration": {"binding": True},
                "rules_of": "today",
                "rules_on": "2018-03-01",
                "signed_by": "LIN",
                "signed_as": "safety_officer",
                "printed_name": "Lin Mei",
                "meaning": "signed off by me to govern this trial",
            },
        ),
        (
            "obligation.grounds_found.v1",
            {**ae, "aware": late, "exposed": "Y", "expected": "Y", "reference_safety_information": "1.0"},
        ),
        ("obligation.opened.v1", opened),
        ("obligation.opened.v1", {**opened, **second}),
        ("obligation.superseded.v1", {**first, "by": "GOLD-15/1.2"}),
        (
            "obligation.submitted.v1",
            {**second, "sent_at": "2018-03-08T01:30:00Z", "to": ["Authority"], "reference": "R-1"},
        ),
        (
            "obligation.acknowledged.v1",
            {**recipient, "acknowledged_at": "2018-03-08T02:30:00Z", "reference": "ACK-1"},
        ),
        ("obligation.rejected.v1", {**recipient, "rejected_at": "2018-03-08T03:30:00Z", "reason": "Page 2 is missing"}),
        (
            "obligation.cancelled.v1",
            {
                **second,
                "reason": "downgraded",
                "explanation": "Not serious after all",
                "signed_by": "LIN",
                "signed_as": "safety_officer",
                "printed_name": "Lin Mei",
                "meaning": "struck through by me as no longer due",
            },
        ),
        ("obligation.reviewed.v1", subject),
        # Fields that came to events of earlier releases.
        (
            "adverse_event.seriousness_assessed.v1",
            {**ae, "assessor": "sponsor", "AESER": "N", "aware": late, "takes_back": "medical_review"},
        ),
        (
            "adverse_event.causality_assessed.v1",
            {**ae, "assessor": "sponsor", "AEREL": "REMOTE", "aware": late, "takes_back": "new_information"},
        ),
        (
            "adverse_event.expectedness_assessed.v1",
            {**ae, "expected": "Y", "aware": late, "takes_back": "entered_in_error"},
        ),
        ("adverse_event.nullified.v1", {**ae, "reason": "duplicate", "aware": late}),
        (
            "trial.reference_safety_information_issued.v1",
            {
                **trial,
                "file": "RSI 2\n",
                "sha256": sha256(b"RSI 2\n").hexdigest(),
                "version": "2.0",
                "effective_on": "2018-05-01",
                "approved_on": "2018-05-15",
                "listed": [],
            },
        ),
    ]
