"""The forms of the golden story, filled in completely."""

from safety.journal import Signature

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
