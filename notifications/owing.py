"""What the record owes, asked of its views after they have caught up."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from notifications.record import Pending
from notifications.rendering import OwedAlert
from safety.journal import Journal
from safety.projections.inbox import composed, owed, unsent
from safety.projections.on_duty import Recipient, recipients
from safety.projections.told_before import ToldBefore, told_before
from safety.projections.views import Views
from safety.values import Role


class Owing:
    """The dispatcher's view of the record."""

    def __init__(self, journal: Journal, views: Views) -> None:
        """Read the views of this log."""
        self._journal = journal
        self._views = views

    def owed(self) -> Sequence[OwedAlert]:
        """Every alert that no message has brought to anybody."""
        self._views.catch_up(self._journal)
        with self._views.connect() as connection:
            return [as_owed(row) for row in owed(connection)]

    def composed(self) -> Mapping[tuple[str, str], int]:
        """How many messages each person has had, by trial and account."""
        self._views.catch_up(self._journal)
        with self._views.connect() as connection:
            return composed(connection)

    def recipients(self, role: Role, trial: str, now: datetime) -> Sequence[Recipient]:
        """Who hears now of what is owed to a role, and why they: resolved when something is sent, by the log's accounts."""
        with self._views.connect() as connection:
            return recipients(connection, role, trial, now)

    def told_before(self, alert: str) -> ToldBefore:
        """Whom the chain of an alert has reached before it, and what has happened since it began."""
        with self._views.connect() as connection:
            return told_before(connection, alert)

    def pending(self) -> Sequence[Pending]:
        """Every message that is composed and not sent."""
        self._views.catch_up(self._journal)
        with self._views.connect() as connection:
            return [Pending(**row) for row in unsent(connection)]


def as_owed(row: Mapping[str, Any]) -> OwedAlert:
    """Give of an alert what a message tells; the view says more."""
    return OwedAlert(**{name: row[name] for name in OwedAlert._fields if name in row})
