"""The end of the golden story: what came to events of earlier releases, and events that came since, in the order of their coming."""

from typing import Any

from safety.aggregates.adverse_event import REPORTABILITY
from tests.golden_obligations import duties


def since(ae: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Topic and complete form of each."""
    rejected = {**ae, "obligation": "GOLD-15/1"}
    return [
        (
            "obligation.submitted.v1",
            {**rejected, "sent_at": "2018-03-09T01:30:00Z", "to": ["Authority"], "reference": "R-2", "filed_as": 6},
        ),
        ("obligation.taken.v1", {**rejected, "taken_by": "LIN", "reason": "Chen is on leave."}),
    ]


def later(ae: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Topic and complete form of what came after that, and after the changes of an account; new ones are added at the end."""
    opened = dict(duties({}, ae))["obligation.opened.v1"]
    return [
        ("account.changed.v1", {"account": "WANG", "roles": ["auditor"], "trials": ["GOLDEN"], "sites": ["01"]}),
        ("account.revoked.v1", {"account": "WANG"}),
        (
            "adverse_event.reportability_stated.v1",
            {
                **ae,
                **dict.fromkeys(REPORTABILITY, "Y"),
                "evidence": "Protocol 2.0 section 9.3, agreed 2018-01-15",
                "handled": "Y",
                "urgent_measure": "Y",
                "aware": {"at": "2018-03-06T01:30:00Z", "zone": "Asia/Shanghai", "party": "site", "basis": "stated"},
                "takes_back": "medical_review",
            },
        ),
        ("obligation.opened.v1", {**opened, "obligation": "GOLD-15/1.3", "merged_from": 2}),
        ("obligation.superseded.v1", {**ae, "obligation": "GOLD-15/1.3", "by": "GOLD-15/1", "by_number": 2}),
        (
            "obligation.antedated.v1",
            {
                **ae,
                "obligation": "GOLD-15/1",
                "starts_at": "2018-03-04T01:30:00Z",
                "zone": "Asia/Shanghai",
                "day0": "2018-03-04",
                "due_on": "2018-03-19",
                "due_at": "2018-03-19T16:00:00Z",
                "because": ["Day 0 was read as 2018-03-06 when the report was sent"],
                "facts": [3],
            },
        ),
    ]
