"""The library's side of a journal: an eventsourcing Application can use it as its recorder, and its own test cases pass."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from eventsourcing.persistence import ApplicationRecorder, IntegrityError, Notification, StoredEvent, Subscription

from safety.journal.journal import Journal
from safety.journal.row import NewEvent
from safety.journal.turn import Conflict, Decision, Repeated

NO_LIMIT = 2**63 - 1


class RecorderJournal(Journal, ApplicationRecorder):
    """A journal as an ApplicationRecorder with text ids: a library event's state is a body, its own meta is empty."""

    def insert_events(self, stored_events: Sequence[StoredEvent], **named: Any) -> Sequence[int]:  # noqa: ANN401, the library's signature
        """Append events of the library and give their positions; raises its IntegrityError when a version is taken."""
        news = [
            NewEvent(str(e.originator_id), e.originator_version, e.topic, e.state.decode(), "{}", None)
            for e in stored_events
        ]
        if not news:
            return []
        command_id = named.get("command_id") or f"{news[0].stream}@{news[0].version}"
        decision = Decision(news, command_id, digest="")
        try:
            return list(self.turns.run(lambda turn: turn.append(decision, dense=False)))
        except (Conflict, Repeated) as fault:
            raise IntegrityError(str(fault)) from fault

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[StoredEvent]:
        """Read a stream as the library asks for it."""
        rows = self.stream(str(originator_id))
        chosen = [r for r in rows if (gt is None or r.version > gt) and (lte is None or r.version <= lte)]
        ordered = chosen[::-1] if desc else chosen
        return [StoredEvent(originator_id, r.version, r.topic, r.body.encode()) for r in ordered[:limit]]

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> Sequence[Notification]:
        """Read positions as the library asks for them."""
        after = (start or 0) - (1 if start and inclusive_of_start else 0)
        found: list[Notification] = []
        upto = NO_LIMIT if stop is None else stop
        while len(found) < limit and (page := self.page(after, upto, limit)):
            wanted = (row for row in page if not topics or row.topic in topics)
            found += [Notification(r.stream, r.version, r.topic, r.body.encode(), r.position) for r in wanted]
            after = page[-1].position
        return found[:limit]

    def max_notification_id(self) -> int | None:
        """Give the last position, or None of an empty log."""
        return self.head().position or None

    def subscribe(self, gt: int | None = None, topics: Sequence[str] = ()) -> Subscription[ApplicationRecorder]:
        """Refuse: readers of this journal `wait`, which works on both stores; the library has no such thing on SQLite."""
        message = "wait(after, timeout) and page() replace subscriptions here"
        raise NotImplementedError(message)
