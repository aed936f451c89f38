"""The record as delivery needs it: what is owed, a message with its receipts, and who is to hear; asked in threads."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple, Protocol, TypeVar

from notifications.owed_report import report_of
from notifications.rendering import OwedAlert
from safety.aggregates.account import OPERATOR
from safety.aggregates.alert import Raised
from safety.aggregates.deciding import Form
from safety.aggregates.message import Compose, Composed, Failed, Faulted, MessageExists, Sent
from safety.aggregates.trial import Amended, Registered
from safety.desk import Desk
from safety.directory import Directory, Person
from safety.journal import decode
from safety.journal.states import folded
from safety.projections.on_duty import Recipient, Sites
from safety.scratch import Lease, Scratch
from safety.values import Role, microseconds

T = TypeVar("T")

LEASE_SECONDS = 15
"""A process that dies holds a message up for so long; one that lives takes the lease anew three times in that time."""

DEFINES = frozenset({Registered.TOPIC, Amended.TOPIC})
CHAIN = frozenset({"rung", "repeat", "urgency"})

UNNAMED = Person(OPERATOR, "Operator", None, ("operator",))
"""The operator of a home in which nobody has said who that is."""


class Aside(Protocol):
    """Runs what blocks, so that others go on meanwhile: `asyncio.to_thread`, or at once in a simulation."""

    def __call__(self, work: Callable[[], T], /) -> Awaitable[T]:
        """Run it and give what it gives."""
        ...


class Bell(NamedTuple):
    """Which message is to be looked at: codes only, this is what travels through a broker."""

    trial: str
    message: str


class Failing(NamedTuple):
    """A channel that has not taken a message: since when, and the class of its last error."""

    since: int
    error: str


class Before(Protocol):
    """What went before an alert: the accounts that its chain has reached, and the kinds of events since the chain began."""

    @property
    def asked_before(self) -> tuple[str, ...]:
        """Accounts, in order."""
        ...

    @property
    def changes(self) -> tuple[str, ...]:
        """Kinds of events, such as `followed up`; never a value."""
        ...


class Pending(NamedTuple):
    """A message that some channel has still to take; `sent` names those that took it."""

    message: str
    trial: str
    account: str
    alerts: tuple[str, ...]
    sent: frozenset[str]


class Standing(NamedTuple):
    """How delivery stands at one moment of the log.

    `owed`: every alert that no message has brought to anybody; `pending`: every message that is not sent; `numbers`: how many
    messages each person has had, by trial and account, where anything is owed.
    """

    owed: Sequence[OwedAlert]
    pending: Sequence[Pending]
    numbers: Mapping[tuple[str, str], int]


class Owing(Protocol):
    """What the record owes, as its views say it after catching up."""

    def standing(self) -> Standing:
        """How delivery stands, at one moment of the log."""
        ...

    def told_before(self, alert: str) -> Before:
        """What went before an alert."""
        ...

    def recipients(self, role: Role, trial: str, now: datetime, sites: Sites = None) -> Sequence[Recipient]:
        """Who hears now of what is owed to a role, of some sites where they are named, and why they."""
        ...

    def heard_at(self, trial: str, role: Role, concerning: Sequence[str]) -> Sites:
        """Of which sites the people are that hear of an alert; None where the role hears in the whole trial."""
        ...


@dataclass
class Letter:
    """A message as the log has it: for whom, what it carries, which channels are due, and their receipts."""

    bell: Bell
    account: str
    role: str
    alerts: tuple[str, ...]
    channels: tuple[str, ...] | None
    composed_at: int
    because: str | None = None
    instead_of: str | None = None
    sent: set[str] = field(default_factory=set)
    failing: dict[str, Failing] = field(default_factory=dict)

    def waits_for(self, channel: str) -> bool:
        """Say whether a channel has still to take it; a message from before the channels were kept waits for each."""
        return channel not in self.sent and (self.channels is None or channel in self.channels)

    @property
    def done(self) -> bool:
        """Whether every channel that was due has taken it; of an old message, whether any has and none has failed."""
        if self.channels is None:
            return bool(self.sent) and not self.failing.keys() - self.sent
        return self.sent.issuperset(self.channels)


class Record:
    """The log, its views, the people and the leases, each asked aside."""

    def __init__(
        self,
        desk: Desk,
        owing: Owing,
        directory: Directory,
        scratch: Scratch,
        new_id: Callable[[], str],
        *,
        aside: Aside = asyncio.to_thread,
    ) -> None:
        """Hand in the record's sides and how to run what blocks."""
        self._desk = desk
        self._owing = owing
        self._directory = directory
        self._scratch = scratch
        self._new_id = new_id
        self.aside = aside

    def now(self) -> int:
        """Give the present moment in microseconds from 1970 UTC."""
        return microseconds(self._desk.clock())

    def standing(self) -> Standing:
        """How delivery stands, at one moment of the log."""
        return self._owing.standing()

    def recipients(self, role: Role, trial: str, sites: Sites = None) -> Sequence[Recipient]:
        """Who hears of it now, and why they; of a role with nobody in it the operators, so that somebody does."""
        return self._owing.recipients(role, trial, self._desk.clock(), sites)

    def person(self, account: str) -> Person:
        """Give the person behind an account; who is not in the directory any more has neither roles nor address."""
        nobody = UNNAMED if account == OPERATOR else Person(account, account, None, ())
        return self._directory.find(account) or nobody

    def compose(self, trial: str, messages: Sequence[Composed]) -> bool:
        """Compose messages together; False where somebody else composed meanwhile, so that what is owed is another matter."""
        form = Compose(trial=trial, messages=tuple(messages))
        try:
            self._do("message.compose", form, f"compose-{self._new_id()}")
        except MessageExists:
            return False
        return True

    def letter(self, bell: Bell) -> Letter | None:
        """Read a message from the log; None where it was never composed."""
        letter: Letter | None = None
        for row in self._desk.journal.stream(f"{bell.trial}/message/{bell.message}"):
            match decode(row).event:
                case Composed() as made:
                    why = (made.because, made.instead_of)
                    letter = Letter(bell, made.to, made.role, made.alerts, made.channels, row.recorded_at, *why)
                case Sent() as said if letter is not None:
                    letter.sent.add(said.channel)
                case Failed() as said if letter is not None:
                    since = letter.failing.get(said.channel, Failing(row.recorded_at, "")).since
                    letter.failing[said.channel] = Failing(since, said.error)
                case _:
                    pass
        return letter

    def alerts(self, letter: Letter) -> list[OwedAlert]:
        """Read from the log the alerts that a message carries."""
        raised = [self._raised(letter.bell.trial, alert) for alert in letter.alerts]
        return [one for one in raised if one is not None]

    def _raised(self, trial: str, alert: str) -> OwedAlert | None:
        for row in self._desk.journal.stream(f"{trial}/alert/{alert}"):
            if isinstance(raised := decode(row).event, Raised):
                said = (raised.alert, raised.trial, raised.rule, raised.role, raised.concerning, row.recorded_at)
                due_at = None if raised.due_at is None else microseconds(raised.due_at)
                before = self._owing.told_before(alert)
                report = report_of(self._states, raised.trial, raised.rule, raised.concerning)
                sites = self._owing.heard_at(raised.trial, raised.role, raised.concerning)
                asked, changes = before.asked_before, before.changes
                found = OwedAlert(*said, due_at=due_at, asked_before=asked, changes=changes, report=report, sites=sites)
                # What a chain of alerts says beside: where it stands, and how urgent it is.
                return found._replace(**{name: raised.__dict__[name] for name in CHAIN & raised.__dict__.keys()})
        return None

    def _states(self, stream: str, of: type[T]) -> T:
        return folded(self._desk.journal.stream(stream)).slice(of)

    def zone(self, trial: str) -> str:
        """Give the zone in which a trial's people read the time."""
        for row in reversed(self._desk.journal.stream(f"{trial}/trial")):
            # The last that says it: what else is in the stream, such as whole rule packs, is not read.
            if row.topic in DEFINES and isinstance(said := decode(row).event, Registered | Amended):
                return said.definition.zone
        return "UTC"

    def keep(self, command: str, form: Form) -> None:
        """Bring a receipt to the log; what it holds already it does not take twice."""
        self._do(command, form, f"{command.rpartition('.')[2]}-{self._new_id()}")

    def _do(self, command: str, form: Form, command_id: str) -> None:
        self._desk.do(command, form, by=OPERATOR, command_id=command_id)

    def sent(self, bell: Bell, channel: str, code: int | None, attempt: int) -> None:
        """Record that a channel took a message."""
        named = {"smtp": "smtp_code", "webhook": "http_code"}.get(channel)
        said = {"channel": channel, "attempt": attempt} | ({} if named is None else {named: code})
        self.keep("message.record_sent", Sent.model_validate({**bell._asdict(), **said}))

    def failed(self, bell: Bell, channel: str, error: str) -> None:
        """Record that a channel did not take a message."""
        self.keep(
            "message.record_failed", Failed.model_validate({**bell._asdict(), "channel": channel, "error": error})
        )

    def faulted(self, bell: Bell, what: str, error: str) -> None:
        """Record that the program itself failed at a message."""
        self.keep("message.record_fault", Faulted.model_validate({**bell._asdict(), "what": what, "error": error}))

    def take(self, bell: Bell) -> Lease | None:
        """Take a message, so that nobody else sends it meanwhile; None where somebody has it."""
        return self._scratch.take(bell.message, self._new_id(), now=self.now(), length=LEASE_SECONDS * 1_000_000)

    def renew(self, lease: Lease) -> None:
        """Hold a message for longer."""
        self._scratch.renew(lease, now=self.now(), length=LEASE_SECONDS * 1_000_000)

    def last_taken(self, bell: Bell) -> Lease | None:
        """Look how often the message was taken, and when last; None of one that never was, or that is done."""
        return self._scratch.lease(bell.message)

    def give_back(self, lease: Lease, *, done: bool) -> None:
        """Let others have the message; of one that is done nothing is kept."""
        (self._scratch.forget if done else self._scratch.release)(lease)
