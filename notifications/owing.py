"""What the record owes, asked of its views after they have caught up."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from notifications.record import Pending, Standing
from notifications.rendering import OwedAlert
from safety.journal import Journal
from safety.projections.concerning import sites_that_hear
from safety.projections.inbox import composed, owed, unsent
from safety.projections.on_duty import Recipient, Sites, recipients
from safety.projections.told_before import ToldBefore, told_before
from safety.projections.views import Views
from safety.values import Role


class Owing:
    """The dispatcher's view of the record."""

    def __init__(self, journal: Journal, views: Views) -> None:
        """Read the views of this log."""
        self._journal = journal
        self._views = views

    def standing(self) -> Standing:
        """What is owed and what is under way, at one moment of the log."""
        self._views.catch_up(self._journal)
        with self._views.connect() as connection:
            at = self._views.now(connection)
            alerts = [
                as_owed(row, sites_that_hear(connection, row["trial"], row["role"], row["concerning"], at))
                for row in owed(connection)
            ]
            pending = [Pending(**row) for row in unsent(connection)]
            # Nobody needs the numbers of messages where nothing is to be composed: there may be very many.
            return Standing(alerts, pending, composed(connection) if alerts else {})

    def recipients(self, role: Role, trial: str, now: datetime, sites: Sites = None) -> Sequence[Recipient]:
        """Who hears now of what is owed to a role, and why they: resolved when something is sent, by the log's accounts."""
        with self._views.connect() as connection:
            return recipients(connection, role, trial, now, sites)

    def heard_at(self, trial: str, role: Role, concerning: Sequence[str]) -> Sites:
        """Of which sites the people are that hear of an alert, by what the views say now."""
        with self._views.connect() as connection:
            return sites_that_hear(connection, trial, role, concerning, self._views.now(connection))

    def told_before(self, alert: str) -> ToldBefore:
        """Whom the chain of an alert has reached before it, and what has happened since it began."""
        with self._views.connect() as connection:
            return told_before(connection, alert)


def as_owed(row: Mapping[str, Any], sites: Sites) -> OwedAlert:
    """Give of an alert what a message tells; the view says more."""
    return OwedAlert(**{name: row[name] for name in OwedAlert._fields if name in row}, sites=sites)
