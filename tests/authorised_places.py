"""Where a thing lies that a route is asked for, with real ids, and what a command is sent about it; written by hand."""

from typing import Any, NamedTuple

from safety.home import Home
from tests.builders import alert_raised, append, definition, enrolled, given, registered, reported

SITES = [{"id": "01", "zone": "Asia/Shanghai"}, {"id": "02", "zone": "Asia/Shanghai"}]
NEVER = 9_999_999
"""A position that the log does not reach."""


class Place(NamedTuple):
    """Where a thing lies as seen by who is of trial T1 and site 01, and the ids of what lies there."""

    where: str
    there: bool
    ids: dict[str, Any]


def ids(trial: str, site: str, subject: str, alert: str, position: int) -> dict[str, Any]:
    """Name the things of one place as addresses and forms do."""
    return {"trial": trial, "site": site, "subject": subject, "number": 1, "alert": alert, "position": position}


def places(home: Home) -> list[Place]:
    """Put two trials into a log, of two sites and of one, and name a thing of each, and one that is nowhere."""
    append(home.journal, registered(definition(sites=SITES)), registered(definition(sites=SITES), code="T2"))
    at = {}
    for number, (subject, site, trial) in enumerate((("A1", "01", "T1"), ("B1", "02", "T1"), ("C1", "01", "T2")), 1):
        append(home.journal, enrolled(subject, site=site, trial=trial), given(subject, trial=trial))
        append(home.journal, reported(subject, 1, trial=trial, serious="Y"))
        at[subject] = home.journal.head().position
        append(home.journal, alert_raised(f"A-{number}", trial=trial, concerning=(f"{subject}/1",)))
    return [
        Place("own site", there=True, ids=ids("T1", "01", "A1", "A-1", at["A1"])),
        Place("other site", there=True, ids=ids("T1", "02", "B1", "A-2", at["B1"])),
        Place("own site", there=False, ids=ids("T1", "01", "NOBODY", "A-99", NEVER)),
        Place("other trial", there=True, ids=ids("T2", "01", "C1", "A-3", at["C1"])),
        Place("other trial", there=False, ids=ids("T9", "01", "C1", "A-3", NEVER)),
    ]


NOON = "2026-03-01T09:00:00Z"
OF_A_SUBJECT: dict[str, dict[str, Any]] = {
    "subject.enrol": {"ARM": "A"},
    "subject.correct": {"variables": ["AGE"], "AGE": 40},
    "subject.correct/preview": {"variables": ["AGE"], "AGE": 40},
    "subject.withdraw": {"mode": "further_use"},
    "subject.complete": {},
    "subject.record_death": {},
    "dose.give": {"EXSEQ": 2},
    "dose.correct": {"EXSEQ": 1, "variables": ["EXLOT"]},
    "dose.withhold": {"EXSEQ": 3},
    "adverse_event.report": {},
    "adverse_event.report/preview": {},
    "adverse_event.follow_up": {"AESEQ": 1},
    "adverse_event.follow_up/preview": {"AESEQ": 1},
    "adverse_event.correct": {"AESEQ": 1, "variables": ["AEOUT"]},
    "adverse_event.correct/preview": {"AESEQ": 1, "variables": ["AEOUT"]},
    "adverse_event.assess_seriousness": {"AESEQ": 1, "assessor": "sponsor"},
    "adverse_event.assess_seriousness/preview": {"AESEQ": 1, "assessor": "sponsor"},
    "adverse_event.assess_causality": {"AESEQ": 1, "assessor": "sponsor", "AEREL": "POSSIBLE"},
    "adverse_event.assess_causality/preview": {"AESEQ": 1, "assessor": "sponsor", "AEREL": "POSSIBLE"},
    "adverse_event.assess_expectedness": {"AESEQ": 1, "expected": "N"},
    "adverse_event.assess_expectedness/preview": {"AESEQ": 1, "expected": "N"},
    "adverse_event.state_reportability": {"AESEQ": 1, "determined": "N"},
    "adverse_event.state_reportability/preview": {"AESEQ": 1, "determined": "N"},
    "adverse_event.code": {"AESEQ": 1, "AEDECOD": "Pyrexia"},
    "adverse_event.merge": {"AESEQ": 1, "into": 2},
    "adverse_event.merge/preview": {"AESEQ": 1, "into": 2},
    "adverse_event.unmerge": {"AESEQ": 1},
    "adverse_event.unmerge/preview": {"AESEQ": 1},
    "adverse_event.nullify": {"AESEQ": 1, "reason": "duplicate"},
    "obligation.submit": {"AESEQ": 1, "obligation": "T-15/1", "sent_at": NOON},
    "obligation.submit/preview": {"AESEQ": 1, "obligation": "T-15/1", "sent_at": NOON},
    "obligation.acknowledge": {"AESEQ": 1, "obligation": "T-15/1", "recipient": "FDA", "acknowledged_at": NOON},
    "obligation.reject": {"AESEQ": 1, "obligation": "T-15/1", "recipient": "FDA", "rejected_at": NOON},
    "obligation.cancel": {"AESEQ": 1, "obligation": "T-15/1", "reason": "duplicate"},
    "obligation.cancel/preview": {"AESEQ": 1, "obligation": "T-15/1", "reason": "duplicate"},
    "obligation.review": {},
    "obligation.take": {"AESEQ": 1, "obligation": "T-15/1"},
}
OF_AN_ALERT: dict[str, dict[str, Any]] = {"alert.acknowledge": {}, "alert.settle": {}}
OF_A_TRIAL: dict[str, dict[str, Any]] = {
    "trial.amend": {"file": "x", "reason": "none"},
    "trial.amend/preview": {"file": "x", "reason": "none"},
    "trial.issue_reference_safety_information": {"file": "x", "version": "1", "effective_on": "2026-01-01"},
    "trial.adopt_rule_pack": {"packs": [{"file": "x"}]},
    "trial.adopt_rule_pack/preview": {"packs": [{"file": "x"}]},
    "periodic_report.submit": {"kind": "dsur", "period": "2026-12-31", "to": "FDA", "submitted_at": NOON},
    "periodic_report.acknowledge": {"kind": "dsur", "period": "2026-12-31", "to": "FDA", "acknowledged_at": NOON},
}
OF_A_POSITION: dict[str, dict[str, Any]] = {
    "log.request_redaction": {"reason": "legal_duty"},
    "log.redact": {},
}
OF_NOTHING: dict[str, dict[str, Any]] = {
    "trial.register": {"STUDYID": "T7", "file": "x"},
    "trial.register/preview": {"STUDYID": "T7", "file": "x"},
    "account.add": {"account": "NEW", "roles": ["auditor"], "name": "Dr New"},
    "account.change": {"account": "NEW", "roles": ["auditor"]},
    "account.revoke": {"account": "NEW"},
    "account.set_absence": {"account": "NEW", "from_at": NOON, "until_at": NOON},
}
"""What a command is sent beside the ids of what it is about."""
ACTIONS = {
    "account.set_absence": "rota.change",
    "account.change": "people.change",
    "account.revoke": "people.change",
    "adverse_event.report/preview": "adverse_event.preview",
    **{
        f"{name}/preview": name
        for name in (
            "adverse_event.follow_up",
            "adverse_event.correct",
            "adverse_event.assess_seriousness",
            "adverse_event.assess_causality",
            "adverse_event.assess_expectedness",
            "adverse_event.state_reportability",
            "adverse_event.merge",
            "adverse_event.unmerge",
            "obligation.submit",
            "obligation.cancel",
            "subject.correct",
            "trial.amend",
            "trial.adopt_rule_pack",
            "trial.register",
        )
    },
}
"""Commands and previews whose action has another name than they."""


def sent(command: str, place: Place) -> dict[str, Any]:
    """Fill in a command's form about the thing of a place."""
    trial, named = {"STUDYID": place.ids["trial"]}, {}
    if command == "subject.enrol":
        return {**trial, **OF_A_SUBJECT[command], "USUBJID": f"NEW-{place.ids['site']}", "SITEID": place.ids["site"]}
    if command in OF_A_SUBJECT:
        named = {**trial, "USUBJID": place.ids["subject"], **OF_A_SUBJECT[command]}
    if command in OF_AN_ALERT:
        named = {**trial, "alert": place.ids["alert"]}
    if command in OF_A_TRIAL:
        named = {**trial, **OF_A_TRIAL[command]}
    if command in OF_A_POSITION:
        named = {"at_position": place.ids["position"], **OF_A_POSITION[command]}
    return named or OF_NOTHING[command]
