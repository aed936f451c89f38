"""Looks in the log for what is owed: composes it, one message a person and sweep, and rings for each message that is not done.

Any number of sweeps, crashes and repeats, in any number of processes, come to the same: a person's messages are numbered, so
the log takes one of two that are composed at once.
"""

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Protocol

from notifications.channels import ChannelName
from notifications.handler import Delivered, Handler
from notifications.record import Bell, Record
from notifications.rendering import DRILL, OwedAlert
from safety.aggregates.message import Composed, message_id
from safety.values import Role

AT_A_TIME = 4
"""How many messages one process sends side by side: one that hangs must not hold up the others."""

ROUNDS = 5
"""How often a sweep asks again what is owed because another process composed meanwhile; the next sweep goes on."""


class Ways(Protocol):
    """Names the channels by which somebody can be reached."""

    def __call__(self, *, address: bool) -> tuple[ChannelName, ...]:
        """Name them; `address`: whether there is one."""
        ...


class Doorbell(Protocol):
    """Lets somebody look at messages: a handler in this process, or whoever listens to a broker."""

    async def ring(self, bells: Sequence[Bell]) -> list[Delivered]:
        """Ring for each message; what was done at once is told."""
        ...


class InProcess:
    """Awaits the handler here."""

    def __init__(self, handler: Handler, *, at_once: bool = False) -> None:
        """`at_once`: whoever asks does not want to wait for the moment of the next try."""
        self._handler = handler
        self._at_once = at_once

    async def ring(self, bells: Sequence[Bell]) -> list[Delivered]:
        """Handle the messages, a few side by side; one at which the program fails is told after all others were handled."""
        room = asyncio.Semaphore(AT_A_TIME)

        async def handled(bell: Bell) -> list[Delivered]:
            async with room:
                return await self._handler.handle(bell, at_once=self._at_once)

        came = await asyncio.gather(*map(handled, bells), return_exceptions=True)
        faults = [one for one in came if isinstance(one, BaseException)]
        if faults:
            faults[0].add_note(f"messages that were broken off in this sweep: {len(faults)}")
            raise faults[0]
        return [delivered for one in came if not isinstance(one, BaseException) for delivered in one]


class Dispatcher:
    """Sees to it that everything owed is composed and looked at."""

    def __init__(self, record: Record, ways: Ways, doorbell: Doorbell) -> None:
        """`ways` names the channels by which somebody with or without an address can be reached."""
        self._record = record
        self._ways = ways
        self._doorbell = doorbell

    async def sweep(self) -> list[Delivered]:
        """Compose what is owed and not composed, then ring for what is composed and not done."""
        for _ in range(ROUNDS):
            if await self._record.aside(self._compose):
                break
        pending = await self._record.aside(self._record.pending)
        return await self._doorbell.ring([Bell(message.trial, message.message) for message in pending])

    def _compose(self) -> bool:
        """Compose what is owed; False where another process composed meanwhile."""
        # In this order: numbers that are older than what is owed are refused by the log, newer ones would tell things twice.
        numbers = dict(self._record.composed())
        pending = self._record.pending()
        carried = {(message.account, alert) for message in pending for alert in message.alerts}
        owed = sorted(self._record.owed(), key=_trial)
        composed = [
            self._record.compose(trial, messages)
            for trial, group in groupby(owed, key=_trial)
            if (messages := list(self._messages(trial, group, carried, numbers)))
        ]
        return all(composed)

    def _messages(
        self,
        trial: str,
        owed: Iterable[OwedAlert],
        carried: set[tuple[str, str]],
        numbers: Mapping[tuple[str, str], int],
    ) -> Iterable[Composed]:
        """Give what a trial's people are to be told; who holds two roles is told as each, and of a drill apart."""
        more: Counter[str] = Counter()
        for (role, _), group in groupby(sorted(owed, key=_role_and_drill), key=_role_and_drill):
            of_role = tuple(alert.alert for alert in group)
            for heard in self._record.recipients(role, trial):
                alerts = tuple(alert for alert in of_role if (heard.account, alert) not in carried)
                if not alerts:
                    continue
                more[heard.account] += 1
                number = numbers.get((trial, heard.account), 0) + more[heard.account]
                yield Composed(
                    trial=trial,
                    message=message_id(trial, heard.account, number),
                    to=heard.account,
                    role=role,
                    alerts=alerts,
                    channels=self._ways(address=self._record.person(heard.account).email is not None),
                    because=heard.reason,
                    instead_of=heard.instead_of,
                )


def _trial(alert: OwedAlert) -> str:
    return alert.trial


def _role_and_drill(alert: OwedAlert) -> tuple[Role, bool]:
    return alert.role, alert.rule == DRILL
