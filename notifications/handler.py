"""Handles one message: takes it for itself, hands it to each channel that has still to take it, and records the receipts.

The same handler runs in every set-up; whatever calls it, however often and from however many processes, changes when, never
whether. Between the channel's taking a message and its receipt in the log nothing helps but to send it again: recognisably
the same mail, with the number of the attempt.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import NamedTuple

from notifications.channels import Channel, ChannelName, NotDelivered, Written
from notifications.record import LEASE_SECONDS, Bell, Letter, Record
from notifications.rendering import Addressee, Content, Letterhead, rendered
from notifications.retrying import is_due
from safety.directory import Person
from safety.scratch import Lease

CHANNEL_SECONDS = 45.0
"""How long a channel may take over one message; its thread is left behind after that."""

PATIENCE = 3
"""How often the handling of a message may break off before the operator hears of it."""


class Delivered(NamedTuple):
    """What one try came to for one message on one channel; `error` is None when the channel took it."""

    message: str
    account: str
    channel: str
    error: str | None


class Tried(NamedTuple):
    """What came of handing a message to a channel."""

    channel: str
    code: int | None
    error: str | None


class Handler:
    """Brings messages to people."""

    def __init__(self, record: Record, channels: Sequence[Channel], letterhead: Letterhead) -> None:
        """Hand in the record, the ways out, and what stands on every message."""
        self._record = record
        self._channels = {channel.name: channel for channel in channels}
        self._letterhead = letterhead
        self._aside = record.aside

    def ways(self, *, address: bool) -> tuple[ChannelName, ...]:
        """Name the channels by which somebody can be reached: by mail only who has an address."""
        return tuple(name for name in self._channels if address or name != "smtp")

    async def handle(self, bell: Bell, *, at_once: bool = False) -> list[Delivered]:
        """Send a message on the channels where it is due; `at_once`: also where a later moment was set for the next try.

        Nothing happens where the message is done, or where another process has it. Raises what the machine raises; the
        message stays owed then.
        """
        before, letter = await self._aside(lambda: (self._record.last_taken(bell), self._record.letter(bell)))
        tries, tried_at = (0, None) if before is None else (before.tries, before.taken_at)
        if not self._due(letter, tried_at, at_once=at_once):
            return []
        lease = await self._aside(lambda: self._record.take(bell))
        if lease is None:
            return []
        try:
            # Read again: until the lease was taken another may have sent it, or tried to.
            letter = await self._aside(lambda: self._record.letter(bell))
            due = self._due(letter, tried_at, at_once=at_once) if lease.tries == tries + 1 else []
            async with self._held(lease):
                delivered = await self._send(letter, due, lease) if letter is not None and due else []
            await self._aside(lambda: self._give_back(lease, bell))
        except Exception as fault:
            await self._broke_off(bell, lease, fault)
            raise
        return delivered

    @asynccontextmanager
    async def _held(self, lease: Lease) -> AsyncIterator[None]:
        """Hold the lease for as long as it takes."""

        async def renew() -> None:
            while True:
                await asyncio.sleep(LEASE_SECONDS / 3)
                # One refusal of the machine must not end it: the next renewal comes before the lease has run out.
                with suppress(Exception):
                    await self._aside(lambda: self._record.renew(lease))

        renewing = asyncio.create_task(renew())
        try:
            yield
        finally:
            renewing.cancel()
            # Where it could not be renewed another may send the same mail, recognisably; this one goes on all the same.
            await asyncio.gather(renewing, return_exceptions=True)

    def _due(self, letter: Letter | None, tried_at: int | None, *, at_once: bool) -> list[Channel]:
        """Give the channels that a message is to be handed to now."""
        if letter is None or letter.done:
            return []
        now = self._record.now()

        def due(channel: str) -> bool:
            failing = letter.failing.get(channel)
            if failing is None or at_once:
                return True
            return is_due(failing.since, failing.error, failing.since if tried_at is None else tried_at, now)

        return [channel for name, channel in self._channels.items() if letter.waits_for(name) and due(name)]

    async def _send(self, letter: Letter, due: Sequence[Channel], lease: Lease) -> list[Delivered]:
        """Write the message, hand it to the channels side by side, and bring what came of it to the log."""
        written, to, fault = await self._aside(lambda: self._write(letter, lease.tries))
        if fault is not None:
            await self._aside(lambda: self._record.faulted(letter.bell, "template", fault))
        # What another machine has to answer first: the disk of this one is written to while it does.
        farthest = sorted(due, key=lambda channel: channel.name == "maildir")
        tries = await asyncio.gather(*(self._try(channel, written, to) for channel in farthest))
        # Failures first: a message from before its channels were kept is not done while the log knows of one.
        for tried in sorted(tries, key=lambda tried: tried.error is None):
            await self._aside(partial(self._keep, letter.bell, tried, lease.tries))
        return [Delivered(letter.bell.message, letter.account, tried.channel, tried.error) for tried in tries]

    def _write(self, letter: Letter, attempt: int) -> tuple[Written, Person, str | None]:
        """Render the message for the person who is to hear; beside it the class of the error if its template failed."""
        person, alerts = self._record.person(letter.account), self._record.alerts(letter)
        address = person.email or f"{person.account.lower()}@localhost"
        vacant = letter.because == "vacant" or (letter.because is None and letter.role not in person.roles)
        named = (person.account, person.name, address)
        to = Addressee(*named, vacant=vacant, instead_of=letter.instead_of, language=person.language)
        trial, zone = letter.bell.trial, self._record.zone(letter.bell.trial)
        content = Content(letter.bell.message, trial, alerts, to, letter.composed_at, zone)
        written, fault = rendered(content, self._letterhead, attempt)
        return written, person, fault

    @staticmethod
    async def _try(channel: Channel, written: Written, to: Person) -> Tried:
        """Hand a message to a channel."""
        if channel.name == "smtp" and to.email is None:
            return Tried(channel.name, None, "NO-ADDRESS")
        try:
            async with asyncio.timeout(CHANNEL_SECONDS):
                return Tried(channel.name, await channel.send(written), None)
        except NotDelivered as fault:
            return Tried(channel.name, None, fault.error)
        except Exception as fault:  # noqa: BLE001, whatever ails one channel must not keep the others' receipts from the log
            return Tried(channel.name, None, type(fault).__name__.upper())

    def _keep(self, bell: Bell, tried: Tried, attempt: int) -> None:
        """Bring a receipt to the log."""
        if tried.error is None:
            self._record.sent(bell, tried.channel, tried.code, attempt)
        else:
            self._record.failed(bell, tried.channel, tried.error)

    def _give_back(self, lease: Lease, bell: Bell) -> None:
        """Let others have the message."""
        letter = self._record.letter(bell)
        self._record.give_back(lease, done=letter is not None and letter.done)

    async def _broke_off(self, bell: Bell, lease: Lease, fault: Exception) -> None:
        """Let the operator hear of a message at which the program itself fails again and again; the lease runs out by itself."""
        if lease.tries >= PATIENCE:
            await self._aside(lambda: self._record.faulted(bell, "delivery", type(fault).__name__.upper()))


def failure(receipt: Delivered) -> str:
    """Say that a channel did not take a message."""
    return f"{receipt.channel} did not take the message to {receipt.account}: {receipt.error}; it is tried again."
