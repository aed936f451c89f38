"""The safety desk: every command enters here, is decided in the log's turn, and lands with clocks and alerts in one append."""

from collections.abc import Sequence
from typing import NamedTuple

from safety import clocks, duty
from safety.aggregates.deciding import Act, Form
from safety.aggregates.record import Redacted
from safety.aggregates.register import COMMANDS
from safety.asked import (
    Asked,
    NoSuchPosition,
    NotByHand,
    OtherContent,
    authorised,
    check_positions,
    check_unchanged,
    same_text,
)
from safety.journal import Decision, Journal, NewEvent, Repeated, Salt, Signature, Turn, Unconfirmed, decode, encode
from safety.journal.states import KnownStates, Reading
from safety.values import Clock

__all__ = ["Asked", "Desk", "Done", "NoSuchPosition", "NotByHand", "OtherContent", "authorised"]


class Done(NamedTuple):
    """What a command came to: its positions in the log (none when it changed nothing) and its events, alerts included."""

    positions: range
    events: tuple[Form, ...]
    repeated: bool = False


class Desk:
    """Where commands are decided; one a process."""

    def __init__(self, journal: Journal, clock: Clock, salt: Salt) -> None:
        """Hand in the log, the present moment and fresh randomness."""
        self.journal = journal
        self.clock = clock
        self.salt = salt
        self._known = KnownStates()

    def do(
        self,
        name: str,
        form: Form,
        *,
        by: str,
        command_id: str,
        reason: str | None = None,
        signature: Signature | None = None,
        read_at: int | None = None,
    ) -> Done:
        """Decide a command and give what it came to once it is durable.

        The same command id with the same content gives what the first one gave, whatever happened since. A signature
        signs the first event, which is the one that was asked for. `read_at` is the position of the log that the form was
        filled in from: where what it is about was changed after that, the desk refuses with ChangedSince.

        Raises:
            Refused: by a rule of the domain; its text is for a person to read.
            Unavailable: the machine refused; nothing was stored.

        """
        if form.__dict__.get("source") is not None:
            raise NotByHand
        asked = Asked(COMMANDS[name], form, by, command_id, reason, signature, read_at)
        try:
            return self.journal.turns.run(lambda turn: self._decide(turn, asked))
        except Repeated as before:
            return self._again(asked, before)
        except Unconfirmed as fault:
            raise fault.named(command_id) from fault

    def _decide(self, turn: Turn, asked: Asked) -> Done:
        reading = self._known.reading(turn)
        if (before := turn.decided_before(asked.command_id)) is not None:
            raise before
        check_unchanged(turn, asked)
        happened, act = self._come_to(reading, turn, asked)
        if not happened:
            return Done(range(0), ())
        positions = turn.append(self._decision(happened, act, asked))
        self._known.landed(reading.changed, turn.head)
        return Done(positions, tuple(one.event for one in happened))

    def would(self, name: str, form: Form, *, by: str) -> tuple[Form, ...]:
        """Say what a command would come to if it were asked for now: its events, with clocks and alerts; nothing is written.

        Raises what `do` raises.
        """
        asked = Asked(COMMANDS[name], form, by, "", None)
        came = self.journal.turns.run(lambda turn: self._come_to(self._known.reading(turn), turn, asked))
        return tuple(one.event for one in came[0])

    def _come_to(self, reading: Reading, turn: Turn, asked: Asked) -> tuple[list[duty.Happened], Act]:
        """Decide a command with the clocks and alerts that it brings; in the states, not in the log."""
        trial = asked.form.__dict__.get("trial")
        roles, at = asked.command.roles, self.clock()
        act = authorised(reading, asked.command.name, roles=roles, trial=trial, by=asked.by, at=at)
        events = asked.command.decide(reading, asked.form, act)
        check_positions(events, turn.head)
        happened = [duty.Happened(event, *reading.take(event)) for event in events]
        happened += [duty.Happened(event, *reading.take(event)) for event in clocks.owed(reading, happened, act)]
        happened += [duty.Happened(alert, *reading.take(alert)) for alert in duty.alerts(happened, reading, at)]
        return happened, act

    def _decision(self, happened: Sequence[duty.Happened], act: Act, asked: Asked) -> Decision:
        signatures = (asked.signature, *(None for _ in happened[1:]))
        writes = [
            self.encoded(h.event, h.after.version, act, asked.command_id, asked.reason, signature=signature)
            for h, signature in zip(happened, signatures, strict=True)
        ]
        redacts = tuple(h.event.at_position for h in happened if isinstance(h.event, Redacted))
        return Decision(writes, asked.command_id, asked.digest, redacts=redacts)

    def encoded(
        self,
        event: Form,
        version: int,
        act: Act,
        command_id: str,
        reason: str | None = None,
        *,
        signature: Signature | None = None,
    ) -> NewEvent:
        """Turn an event into the row that it will be."""
        said = {"command_id": command_id, "correlation": command_id, "reason": reason}
        return encode(event, version, act, **said, salt=self.salt, signature=signature)  # type: ignore[arg-type]  # names of keywords, spelled once

    def _again(self, asked: Asked, before: Repeated) -> Done:
        first, last = before.positions.start, before.positions.stop - 1
        events = tuple(decode(row).event for row in self.journal.page(first - 1, last, len(before.positions)))
        if before.digest != asked.digest or not same_text(asked.form, events):
            raise OtherContent(command_id=asked.command_id)
        return Done(before.positions, events, repeated=True)
