"""Every aggregate, imported once, so that each event and each command there is stands in its register."""

from safety.aggregates import (
    account,
    adverse_event,
    alert,
    alerting,
    assessing,
    dose,
    filing,
    message,
    record,
    subject,
    trial,
)
from safety.aggregates.deciding import COMMANDS, FOLDS, TOPICS

__all__ = [
    "COMMANDS",
    "FOLDS",
    "TOPICS",
    "account",
    "adverse_event",
    "alert",
    "alerting",
    "assessing",
    "dose",
    "filing",
    "message",
    "record",
    "subject",
    "trial",
]
