"""Every aggregate, imported once, so that each event and each command there is stands in its register."""

from safety.aggregates import (
    account,
    adverse_event,
    alert,
    alerting,
    assessing,
    discharging,
    dose,
    facts_of_record,
    filing,
    message,
    obligation,
    periodic_report,
    record,
    rule_pack,
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
    "discharging",
    "dose",
    "facts_of_record",
    "filing",
    "message",
    "obligation",
    "periodic_report",
    "record",
    "rule_pack",
    "subject",
    "trial",
]
