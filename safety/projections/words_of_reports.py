"""One plain sentence for each event of a periodic safety report: codes, dates and digests only."""

from safety.aggregates.periodic_report import Acknowledged, Issued, Opened, ReportForm, Submitted
from safety.projections.at import second

EVENTS: tuple[type[ReportForm], ...] = (Opened, Issued, Submitted, Acknowledged)


def sentence(event: ReportForm) -> str:
    """Say in one sentence what happened to a report."""
    return f"The {event.kind} report to {event.period} was {what(event)}."


def what(event: ReportForm) -> str:
    """Say what happened."""
    match event:
        case Opened():
            return f"opened: due {event.owed.due_on} by {event.owed.citation}"
        case Issued():
            return (
                f"issued from position {event.position}: HTML {event.html_sha256[:16]}, text {event.text_sha256[:16]}"
            )
        case Submitted():
            return f"submitted to {event.to} at {second(event.submitted_at)}"
        case Acknowledged():
            return f"acknowledged by {event.to} at {second(event.acknowledged_at)}"
        case _:
            raise TypeError(type(event).__name__)
