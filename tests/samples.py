"""One event of every class as the wire says it, with every field filled in: what the log has to take, keep and give back."""

from typing import Any

from safety.aggregates.deciding import Form
from safety.aggregates.message import Compose
from tests.builders import definition
from tests.golden_obligations import duties
from tests.golden_since import later, since

SUBJECT = {"STUDYID": "T1", "USUBJID": "S1"}
AE = {**SUBJECT, "AESEQ": 1}
AWARE = {"at": "2018-03-06T01:30:00Z", "zone": "Asia/Shanghai", "party": "site", "basis": "stated"}
FILE = {
    "STUDYID": "T1",
    "file": "a file\n",
    "sha256": "67d7d98ef1cba91af5fb2d1d14a7dc4d1d6f8b3d3ea8d0c4cf8a2dc2a6e62b0e",
}
DEFINITION = definition(window={}).model_dump(mode="json", by_alias=True, exclude_none=True)
SERIOUSNESS = {
    **dict.fromkeys(("AESER", "AESDTH", "AESLIFE", "AESHOSP"), "Y"),
    **dict.fromkeys(("AESDISAB", "AESCONG", "AESMIE", "AESCAN", "AESOD"), "N"),
}
CODING = {
    "AELLT": "Fever",
    "AEDECOD": "Pyrexia",
    "AEPTCD": "10037660",
    "AEBODSYS": "General disorders",
    "AESOC": "General disorders",
    "dictionary": "MedDRA",
    "dictionary_version": "29.0",
}
SAID = {
    **AE,
    **SERIOUSNESS,
    **CODING,
    "AESPID": "E1",
    "AETERM": "发热 in the evening",
    "narrative": 'The subject\'s words: "hot"\nand cold, é, 😀, \\ and \u2028 more',
    "AESTDTC": "2018-03-05T14:00",
    "AEENDTC": "2018-03",
    "AESEV": "MILD",
    "AETOXGR": "1",
    "AEREL": "PROBABLE",
    "AEACN": "DOSE NOT CHANGED",
    "AEOUT": "RECOVERED/RESOLVED",
    "after_dose": 1,
    "aware": AWARE,
    "source": "import",
}
ENROLLED = {
    **SUBJECT,
    "SITEID": "01",
    "COUNTRY": "CHN",
    "AGE": 40,
    "BRTHYR": 1978,
    "SEX": "M",
    "WEIGHT": "70.50",
    "ARM": "A",
    "ACTARM": "B",
    "RFICDTC": "2018-02",
    "source": "import",
}
DOSE = {**SUBJECT, "EXSEQ": 1}
GIVEN = {
    **DOSE,
    "EXTRT": "AD-MSC",
    "EXDOSE": "35.0",
    "EXDOSU": "10^6 CELLS",
    "EXROUTE": "INTRAVENOUS",
    "EXSTDTC": "2018-03-01T09:30",
    "EXENDTC": "2018-03-01T10:15:30",
    "VISIT": "WEEK 0",
    "EXLOT": "L-1",
    "cells_per_kg": "500000",
    "total_cells": "35250000",
    "viability_percent": "92.5",
    "interrupted": "Y",
    "interruption": "The line was blocked",
    "source": "import",
}
JUDGED = {"aware": AWARE, "takes_back": "medical_review"}
MESSAGE = {"STUDYID": "T1", "message": "M-1"}
REPORT = {"STUDYID": "T1", "kind": "dsur", "period": "2018-10-31"}
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
    "reference_safety_information": "1.0",
    "layout": 1,
    "html_sha256": "d6bfd7adad18cfa6e9dc47d61a84b6a3028ecc98917b7e874f86142f7dc4e178",
    "text_sha256": "553857cd2d144c3994ef49fd90e3965b019fd9e183735fc649f77105fe465f0e",
    "html": "<p>发热: Pyrexia</p>\n",
    "text": "发热: Pyrexia\n",
}
SAMPLES: dict[str, dict[str, Any]] = {
    "account.added.v1": {"account": "LIN", "roles": ["investigator"], "trials": ["T1"], "sites": ["01"]},
    "account.changed.v1": {"account": "LIN", "roles": ["auditor"], "trials": ["T1"], "sites": ["01"]},
    "account.revoked.v1": {"account": "LIN"},
    "account.absence_set.v1": {
        "account": "LIN",
        "from_at": "2018-03-10T00:00:00Z",
        "until_at": "2018-03-17T00:00:00Z",
        "covered_by": "CHEN",
    },
    "adverse_event.reported.v1": SAID,
    "adverse_event.followed_up.v1": SAID,
    "adverse_event.corrected.v1": {**SAID, "variables": ["AETERM", "AESEV"]},
    "adverse_event.seriousness_assessed.v1": {**AE, **SERIOUSNESS, "assessor": "sponsor", **JUDGED},
    "adverse_event.causality_assessed.v1": {
        **AE,
        "assessor": "investigator",
        "AEREL": "PROBABLE",
        "product": "AD-MSC",
        "method": "WHO-UMC",
        **JUDGED,
    },
    "adverse_event.expectedness_assessed.v1": {
        **AE,
        "expected": "N",
        "reference_safety_information": "1.0",
        **JUDGED,
    },
    "adverse_event.coded.v1": {**AE, **CODING},
    "adverse_event.merged.v1": {**AE, "into": 2},
    "adverse_event.unmerged.v1": AE,
    "adverse_event.nullified.v1": {**AE, "reason": "other", "explanation": "Typed for somebody else", "aware": AWARE},
    "adverse_event.row_vanished.v1": AE,
    "adverse_event.row_reappeared.v1": AE,
    "alert.raised.v1": {
        "STUDYID": "T1",
        "alert": "A-1",
        "rule": "SAE-REPORTED",
        "role": "safety_officer",
        "rung": 1,
        "concerning": ["S1/1"],
        "due_at": "2018-03-06T01:30:00Z",
        "urgency": "digest",
        "root": "A-0",
        "repeat": 2,
        "reminds": "A-9",
        "reminder": 3,
        "next_at": "2018-03-07T00:00:00Z",
        "remind_at": "2018-03-05T01:30:00Z",
    },
    "alert.released.v1": {"STUDYID": "T1", "alert": "A-1", "next_at": "2018-03-07T00:00:00Z"},
    "alert.acknowledged.v1": {"STUDYID": "T1", "alert": "A-1", "acknowledged_by": "CHEN", "through": "A-2"},
    "alert.settled.v1": {"STUDYID": "T1", "alert": "A-1"},
    "dose.given.v1": GIVEN,
    "dose.corrected.v1": {**GIVEN, "variables": ["EXDOSE"]},
    "dose.withheld.v1": {**DOSE, "withheld_on": "2018-03", "reason": "The subject was not well"},
    "dose.row_vanished.v1": DOSE,
    "dose.row_reappeared.v1": DOSE,
    "log.opened.v1": {"log": "LOG-1", "purpose": "production", "code_version": "0.1.0"},
    "log.redaction_requested.v1": {"at_position": 7, "reason": "legal_duty", "requested_by": "LIN"},
    "log.redacted.v1": {"at_position": 7},
    "message.composed.v1": {
        **MESSAGE,
        "to": "CHEN",
        "role": "safety_officer",
        "alerts": ["A-1"],
        "channels": ["smtp"],
        "because": "cover",
        "instead_of": "LIU",
    },
    "message.sent.v1": {**MESSAGE, "channel": "smtp", "smtp_code": 250, "http_code": 204, "attempt": 2},
    "message.faulted.v1": {**MESSAGE, "what": "template", "error": "UNDEFINEDERROR"},
    "message.failed.v1": {**MESSAGE, "channel": "smtp", "error": "TIMEOUT"},
    "periodic_report.opened.v1": {**REPORT, "owed": PERIOD},
    "periodic_report.issued.v1": ISSUED,
    "periodic_report.submitted.v1": {**REPORT, "to": "CDE", "submitted_at": "2018-12-01T00:00:00Z"},
    "periodic_report.acknowledged.v1": {**REPORT, "to": "CDE", "acknowledged_at": "2018-12-02T00:00:00Z"},
    "subject.enrolled.v1": ENROLLED,
    "subject.corrected.v1": {**ENROLLED, "variables": ["AGE"]},
    "subject.withdrawn.v1": {**SUBJECT, "mode": "follow_up", "withdrawn_on": "2018-05", "AESEQ": 1},
    "subject.completed.v1": {**SUBJECT, "completed_on": "2018-06-01"},
    "subject.died.v1": {**SUBJECT, "DTHDTC": "2018-09"},
    "subject.row_vanished.v1": SUBJECT,
    "subject.row_reappeared.v1": SUBJECT,
    "trial.registered.v1": {**FILE, "definition": DEFINITION},
    "trial.amended.v1": {**FILE, "definition": DEFINITION, "reason": "Amendment 1"},
    "trial.reference_safety_information_issued.v1": {
        **FILE,
        "version": "1.0",
        "effective_on": "2018-01-01",
        "approved_on": "2018-01-15",
        "listed": [{"preferred_term": "Pyrexia", "worst_listed": "serious"}],
    },
    "trial.data_imported.v1": {
        "STUDYID": "T1",
        "digests": {"ae.csv": "0" * 64},
        "history": True,
        **dict.fromkeys(("subjects", "exposures", "adverse_events", "corrected", "vanished"), 1),
    },
}
# The first of each: it says every field.
SAMPLES |= {topic: said for topic, said in reversed(duties({"STUDYID": "T1"}, AE)) if topic not in SAMPLES}
# What came since, beside what there was.
SAMPLES |= {topic: {**SAMPLES.get(topic, {}), **said} for topic, said in (*since(AE), *later(AE))}

FORMS: dict[type[Form], dict[str, Any]] = {
    Compose: {"STUDYID": "T1", "messages": [SAMPLES["message.composed.v1"]]},
}
"""What is asked for that is no event itself."""
