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
from notifications.rendering import OwedAlert
from notifications.wording import DRILL
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
        """Compose what is owed and not composed, and ring for every message that is not done."""
        waiting: list[Bell] = []
        for _ in range(ROUNDS):
            waiting, complete = await self._record.aside(self._compose)
            if complete:
                break
        return await self._doorbell.ring(waiting)

    def _compose(self) -> tuple[list[Bell], bool]:
        """Compose what is owed, and give the messages that are not done; False beside them where another process composed meanwhile."""
        # All of one moment: the log refuses numbers that are older than what is owed, newer ones would tell things twice.
        owed, pending, numbers = self._record.standing()
        waiting = [Bell(message.trial, message.message) for message in pending]
        carried = {(message.account, alert) for message in pending for alert in message.alerts}
        complete = True
        for trial, group in groupby(sorted(owed, key=_trial), key=_trial):
            if not (messages := list(self._messages(trial, group, carried, numbers))):
                continue
            if self._record.compose(trial, messages):
                waiting += [Bell(trial, message.message) for message in messages]
            else:
                complete = False
        return waiting, complete

    def _messages(
        self,
        trial: str,
        owed: Iterable[OwedAlert],
        carried: set[tuple[str, str]],
        numbers: Mapping[tuple[str, str], int],
    ) -> Iterable[Composed]:
        """Give what a trial's people are to be told; who holds two roles is told as each, of a drill apart, and of a site's alone."""
        more: Counter[str] = Counter()
        for (role, *_), group in groupby(sorted(owed, key=_told_together), key=_told_together):
            together = list(group)
            of_role = tuple(alert.alert for alert in together)
            for heard in self._record.recipients(role, trial, together[0].sites):
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


def _told_together(alert: OwedAlert) -> tuple[Role, bool, bool, tuple[str, ...]]:
    return alert.role, alert.rule == DRILL, alert.sites is None, tuple(sorted(alert.sites or ()))
