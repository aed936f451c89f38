"""What the record owes, asked of its views after they have caught up."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from notifications.record import Pending
from notifications.rendering import OwedAlert
from safety.journal import Journal
from safety.projections.inbox import composed, owed, unsent
from safety.projections.views import Views


class ToldBefore(NamedTuple):
    """What went before an alert: the accounts that its chain has reached, and the kinds of events since the chain began."""

    asked_before: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()


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
            return [OwedAlert(**row) for row in owed(connection)]

    def composed(self) -> Mapping[tuple[str, str], int]:
        """How many messages each person has had, by trial and account."""
        self._views.catch_up(self._journal)
        with self._views.connect() as connection:
            return composed(connection)

    def told_before(self, _alert: str) -> ToldBefore:
        """What went before an alert: nothing, as long as an alert has one rung."""
        return ToldBefore()

    def pending(self) -> Sequence[Pending]:
        """Every message that is composed and not sent."""
        self._views.catch_up(self._journal)
        with self._views.connect() as connection:
            return [Pending(**row) for row in unsent(connection)]
