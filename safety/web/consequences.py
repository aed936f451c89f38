"""What an act on a case would set off: the clocks it would open, stop or keep, and whom it would alert; asked before it is signed."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from safety.aggregates.alert import Raised
from safety.aggregates.deciding import Form, Refused
from safety.aggregates.ladder import Step
from safety.aggregates.obligation import Cancelled, Opened, Submitted, Superseded
from safety.values import moment
from safety.web.asking import Asked
from safety.web.clocks import OWED_BY, REASONS, about
from safety.web.reasons import said_in_words
from safety.web.set_off import Alerted, is_urgent, opened, people


class Consequences(NamedTuple):
    """What an act would come to now; `refused` says why the desk would not take it, and then there is nothing else."""

    clocks: tuple[Opened, ...] = ()
    superseded: tuple[Superseded, ...] = ()
    cancelled: tuple[Cancelled, ...] = ()
    sent: tuple[Submitted, ...] = ()
    alerted: tuple[Alerted, ...] = ()
    digests: tuple[Raised, ...] = ()
    next_step: Step | None = None
    refused: str = ""

    @property
    def changes_clocks(self) -> bool:
        """Say whether any clock would start or end."""
        return bool(self.clocks or self.superseded or self.cancelled or self.sent)

    @property
    def same(self) -> tuple[object, ...]:
        """What two answers have in common that come to the same, asked a moment apart."""
        ended = [(one.TOPIC, one.obligation) for one in (*self.superseded, *self.cancelled, *self.sent)]
        told = [(one.account, one.because) for one in self.alerted], [(one.role, one.rule) for one in self.digests]
        return tuple(one.obligation for one in self.clocks), ended, told, self.refused


class Answer(NamedTuple):
    """One answer that may be given, in words, with what it would come to."""

    said: str
    consequences: Consequences


def consequences(ask: Asked, command: str, form: Form) -> Consequences:
    """Ask the desk what a command would come to if it were given now; nothing is written."""
    try:
        events = ask.home.desk.would(command, form, by=ask.account)
    except Refused as fault:
        return Consequences(refused=ask.words.refusal(fault))
    raised = [event for event in events if isinstance(event, Raised)]
    urgent = [one for one in raised if is_urgent(one)]
    ladder = ask.governs.ladder if ask.governs else None
    return Consequences(
        clocks=opened(events),
        superseded=tuple(event for event in events if isinstance(event, Superseded)),
        cancelled=tuple(event for event in events if isinstance(event, Cancelled)),
        sent=tuple(event for event in events if isinstance(event, Submitted)),
        alerted=people(ask, urgent),
        digests=tuple(one for one in raised if not is_urgent(one)),
        next_step=ladder.step("urgent", 2) if ladder and urgent else None,
    )


def of_answers(ask: Asked, command: str, answers: Sequence[tuple[str, Form]]) -> tuple[Answer, ...]:
    """Give what each answer that may be given would come to, in the order they are offered; those that come to the same, as one."""
    found: list[Answer] = []
    for said, form in answers:
        came = consequences(ask, command, form)
        alike = next((place for place, one in enumerate(found) if one.consequences.same == came.same), None)
        if alike is None:
            found.append(Answer(said, came))
        else:
            either = ask.words("%(one)s or %(other)s", one=found[alike].said, other=said)
            found[alike] = Answer(either, found[alike].consequences)
    return tuple(found)


class Told:
    """Puts consequences in the reader's words, for the templates; `duty` is the obligation that the act is about."""

    def __init__(self, ask: Asked, duty: Mapping[str, Any] | None = None) -> None:
        """Hold the reader and the obligation."""
        self._ask, self._duty = ask, duty or {}

    def owner(self, owed_by: str) -> str:
        """Name who owes a report."""
        who = OWED_BY[owed_by]
        return self._ask.words(who)

    def about(self, rule: str) -> str:
        """Say what an alert is about."""
        return about(self._ask, rule)

    def reason(self, reason: str) -> str:
        """Say why a clock is struck through."""
        why = REASONS[reason]
        return self._ask.words(why)

    def sentence(self, line: str) -> str:
        """Give a sentence of a clock's reasons in the reader's language."""
        return said_in_words(self._ask, line)

    def left(self, sent: Submitted) -> list[str]:
        """Name the recipients that still have nothing once a report is sent; a filing that is itself the report reaches all."""
        if sent.filed_as is not None:
            return []
        return [to for to in self._duty["to"] if to not in self._duty["sent_to"] and to not in sent.to]

    def stops(self, sent: Submitted) -> str:
        """Say whether a clock stops with what is sent, in time or late."""
        ask = self._ask
        if sent.filed_as is not None:
            return ask.words("%(name)s stops: this filing is that report", name=sent.obligation)
        due = self._duty["due"]
        if self.left(sent):
            return ask.words("%(name)s goes on", name=sent.obligation)
        if due is None:
            return ask.words("%(name)s stops", name=sent.obligation)
        seconds = moment(due).timestamp() - sent.sent_at.timestamp()
        if seconds > 0:
            return ask.words(
                "%(name)s stops, %(time)s before it is due", name=sent.obligation, time=ask.show.lasted(seconds)
            )
        return ask.words("%(name)s stops, sent %(time)s late", name=sent.obligation, time=ask.show.lasted(-seconds))

    def after(self, sent: Submitted) -> str:
        """Say who has the report then, and who still does not."""
        to, left = ", ".join(sent.to), ", ".join(self.left(sent))
        if left:
            return self._ask.words("With %(to)s; still owed to %(left)s.", to=to, left=left)
        return self._ask.words("With %(to)s.", to=to)
