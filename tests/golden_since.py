"""The end of the golden story: what came to events of earlier releases, and events that came since, in the order of their coming."""

from typing import Any


def since(ae: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Topic and complete form of each; new ones are added at the end."""
    rejected = {**ae, "obligation": "GOLD-15/1"}
    return [
        (
            "obligation.submitted.v1",
            {**rejected, "sent_at": "2018-03-09T01:30:00Z", "to": ["Authority"], "reference": "R-2", "filed_as": 6},
        ),
        ("obligation.taken.v1", {**rejected, "taken_by": "LIN", "reason": "Chen is on leave."}),
    ]
