"""One builder an event, with sensible defaults, and the way to put events into a log as they are."""

import itertools
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar

from safety.aggregates import account, adverse_event, alert, dose, message, record, subject, trial
from safety.aggregates.deciding import Act, Form
from safety.journal import Decision, Journal, NewEvent, encode
from safety.projections import Views
from safety.regulation.counting import Causality, Counting, Population, PrimaryWindow, Serious, TreatmentEmergent
from safety.values import Awareness, Party

T0 = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
TRIAL = "T1"
E = TypeVar("E", bound=Form)

EMERGENT = {
    "missing_day": "span",
    "missing_month": "span",
    "same_day": "emergent",
    "undecidable": "emergent",
    "unknown": "not_emergent",
}
CAUSALITY = {
    "scale": "four steps",
    "related": ("POSSIBLE", "PROBABLE"),
    "not_related": ("NONE", "REMOTE"),
    "missing": "not_related",
    "by": "investigator",
}
WINDOW = {
    "anchor": "first_dose",
    "weeks": 12,
    "tolerance_days": 3,
    "undecidable": "inside",
    "confidence": "stated",
    "source": "protocol",
}


def definition(
    *,
    arms: Iterable[str] = ("A", "B"),
    population: dict[str, Any] | None = None,
    emergent: dict[str, Any] | None = None,
    causality: dict[str, Any] | None = None,
    serious: str = "stated",
    window: dict[str, Any] | None = None,
    **changes: object,
) -> trial.Definition:
    counting = Counting(
        population=Population.model_validate({"members": "assigned", "arm": "planned", **(population or {})}),
        treatment_emergent=TreatmentEmergent.model_validate({**EMERGENT, **(emergent or {})}),
        serious=Serious.model_validate({"reading": serious}),
        primary_window=None if window is None else PrimaryWindow.model_validate({**WINDOW, **window}),
    )
    stated = {
        "protocol": "P-1",
        "title": "A trial",
        "phase": "1",
        "sponsor": "A sponsor",
        "zone": "Asia/Shanghai",
        "sponsor_investigator": False,
        "arms": [{"name": arm, "code": arm} for arm in arms],
        "unassigned": ["Screen Failure"],
        "dosing": [{"treatment": "AD-MSC", "amount": "500000", "unit": "cells/kg", "route": "IV", "weeks": [0, 4, 8]}],
        "treatment_period_weeks": 12,
        "sites": [{"id": "01", "zone": "Asia/Shanghai"}],
        "severity": {"ctcae_version": "5.0", "words": True},
        "causality": Causality.model_validate({**CAUSALITY, **(causality or {})}),
        "counting": counting,
    }
    return trial.Definition.model_validate({**stated, **changes})


def opened(log: str = "LOG-1") -> record.Opened:
    return record.Opened(log=log, purpose="drill", code_version="0.1.0")


def redaction_requested(position: int, by: str = "ONE") -> record.RedactionRequested:
    return record.RedactionRequested(at_position=position, reason="legal_duty", requested_by=by)


def redacted(position: int) -> record.Redacted:
    return record.Redacted(at_position=position)


def account_added(name: str = "ONE", **fields: object) -> account.Added:
    return built(account.Added, account=name, **{"roles": ("safety_officer",), **fields})


def registered(governs: trial.Definition | None = None, code: str = TRIAL) -> trial.Registered:
    return trial.Registered.model_validate({"trial": code, "file": "a file", "definition": governs or definition()})


def amended(governs: trial.Definition, code: str = TRIAL) -> trial.Amended:
    given = {"trial": code, "file": "another file", "definition": governs, "reason": "amendment 1"}
    return trial.Amended.model_validate(given)


def rsi_issued(version: str = "1", **fields: object) -> trial.ReferenceSafetyInformationIssued:
    given = {"file": "RSI", "version": version, "effective_on": date(2026, 1, 1), **fields}
    return built(trial.ReferenceSafetyInformationIssued, **given)


def data_imported(**fields: object) -> trial.DataImported:
    counts = dict.fromkeys(("subjects", "exposures", "adverse_events", "corrected", "vanished"), 0)
    return built(trial.DataImported, **{"digests": {}, "history": False, **counts, **fields})


def built(form: type[E], **fields: object) -> E:
    """Make an event of trial T1 unless another is named."""
    return (
        form.model_validate({"trial": TRIAL, **fields}) if "trial" in form.model_fields else form.model_validate(fields)
    )


def enrolled(code: str = "S1", **fields: object) -> subject.Enrolled:
    return built(subject.Enrolled, subject=code, **{"arm": "A", "actual_arm": "A", "site": "01", **fields})


def subject_corrected(code: str, *variables: str, **fields: object) -> subject.SubjectCorrected:
    return built(subject.SubjectCorrected, subject=code, variables=variables, **fields)


def withdrawn(code: str = "S1", mode: str = "treatment", **fields: object) -> subject.Withdrawn:
    return built(subject.Withdrawn, subject=code, mode=mode, **fields)


def completed(code: str = "S1", **fields: object) -> subject.Completed:
    return built(subject.Completed, subject=code, **fields)


def died(code: str = "S1", **fields: object) -> subject.Died:
    return built(subject.Died, subject=code, **fields)


def given(code: str = "S1", number: int = 1, started_on: str | None = "2018-03-01", **fields: object) -> dose.Given:
    said = {"treatment": "AD-MSC", "amount": "35", "unit": "10^6 CELLS", "started_on": started_on, **fields}
    return built(dose.Given, subject=code, number=number, **said)


def dose_corrected(code: str, number: int, *variables: str, **fields: object) -> dose.Corrected:
    return built(dose.Corrected, subject=code, number=number, variables=variables, **fields)


def withheld(code: str = "S1", number: int = 1, **fields: object) -> dose.Withheld:
    return built(dose.Withheld, subject=code, number=number, **fields)


def reported(
    code: str = "S1", number: int = 1, started_on: str | None = "2018-03-05", **fields: object
) -> adverse_event.Reported:
    said = {
        "term": "Pyrexia",
        "preferred_term": "Pyrexia",
        "body_system": "General disorders",
        "serious": "N",
        **fields,
    }
    return built(adverse_event.Reported, subject=code, number=number, started_on=started_on, **said)


def followed_up(code: str = "S1", number: int = 1, **fields: object) -> adverse_event.FollowedUp:
    return built(adverse_event.FollowedUp, subject=code, number=number, **fields)


def corrected(code: str, number: int, *variables: str, **fields: object) -> adverse_event.Corrected:
    return built(adverse_event.Corrected, subject=code, number=number, variables=variables, **fields)


def seriousness_assessed(
    code: str = "S1", number: int = 1, assessor: str = "investigator", **fields: object
) -> adverse_event.SeriousnessAssessed:
    return built(adverse_event.SeriousnessAssessed, subject=code, number=number, assessor=assessor, **fields)


def causality_assessed(
    code: str = "S1", number: int = 1, assessor: str = "investigator", causality: str = "PROBABLE", **fields: object
) -> adverse_event.CausalityAssessed:
    said = {"assessor": assessor, "causality": causality, **fields}
    return built(adverse_event.CausalityAssessed, subject=code, number=number, **said)


def expectedness_assessed(
    code: str = "S1", number: int = 1, expected: str = "N", **fields: object
) -> adverse_event.ExpectednessAssessed:
    return built(adverse_event.ExpectednessAssessed, subject=code, number=number, expected=expected, **fields)


def coded(code: str = "S1", number: int = 1, **fields: object) -> adverse_event.Coded:
    said = {"preferred_term": "Chills", "body_system": "General disorders", "dictionary_version": "29.0", **fields}
    return built(adverse_event.Coded, subject=code, number=number, **said)


def merged(code: str = "S1", number: int = 2, into: int = 1) -> adverse_event.Merged:
    return built(adverse_event.Merged, subject=code, number=number, into=into)


def unmerged(code: str = "S1", number: int = 2) -> adverse_event.Unmerged:
    return built(adverse_event.Unmerged, subject=code, number=number)


def nullified(code: str = "S1", number: int = 1, reason: str = "other", **fields: object) -> adverse_event.Nullified:
    return built(adverse_event.Nullified, subject=code, number=number, reason=reason, **fields)


def alert_raised(name: str = "A-1", **fields: object) -> alert.Raised:
    said = {"rule": "SAE-REPORTED", "role": "safety_officer", "concerning": ("S1/1",), **fields}
    return built(alert.Raised, alert=name, **said)


def composed(name: str = "M-1", alerts: tuple[str, ...] = ("A-1",), **fields: object) -> message.Composed:
    return built(message.Composed, message=name, alerts=alerts, **{"to": "ONE", "role": "safety_officer", **fields})


def compose(*messages: message.Composed) -> message.Compose:
    return message.Compose(trial=TRIAL, messages=messages)


def faulted(name: str = "M-1", what: str = "template", error: str = "UNDEFINEDERROR") -> message.Faulted:
    return built(message.Faulted, message=name, what=what, error=error)


def sent(name: str = "M-1", channel: str = "maildir", **fields: object) -> message.Sent:
    return built(message.Sent, message=name, channel=channel, **fields)


def failed(name: str = "M-1", channel: str = "smtp", error: str = "TIMEOUT") -> message.Failed:
    return built(message.Failed, message=name, channel=channel, error=error)


def aware(at: datetime = T0, party: Party = "site", zone: str = "Asia/Shanghai") -> Awareness:
    return Awareness(at=at, zone=zone, party=party)


def views_beside(store: Path | str) -> Views:
    """Give the views of the log at a place, as `open_journal` takes it."""
    return Views(store.parent if isinstance(store, Path) else store)


_commands = itertools.count(1)


def append(
    journal: Journal,
    *events: Form,
    by: str = "OPERATOR",
    redacts: tuple[int, ...] = (),
    reason: str | None = None,
    salt: Callable[[], bytes] = lambda: b"0123456789abcdef",
) -> range:
    """Put events into a log in one append, past every rule: what may be in a log is not this floor's to judge."""
    versions: Counter[str] = Counter()
    command = f"BUILT-{next(_commands)}"
    act = Act(by, "operator", T0)

    def row(happened: Form) -> NewEvent:
        stream = happened.stream
        if stream not in versions:
            versions[stream] = len(journal.stream(stream))
        versions[stream] += 1
        made = {"command_id": command, "correlation": command, "reason": reason, "salt": salt}
        return encode(happened, versions[stream], act, **made)  # type: ignore[arg-type]  # names of keywords, spelled once

    digest = sha256(command.encode()).hexdigest()
    return journal.append(Decision([row(happened) for happened in events], command, digest, redacts=redacts))
