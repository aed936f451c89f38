"""Checks that the log is as it was written: nothing missing, nothing altered, everything still readable."""

import hmac
from collections.abc import Iterator
from hashlib import sha256
from typing import NamedTuple

from pydantic import ValidationError
from pydantic_core import from_json

from safety.aggregates.deciding import Form
from safety.aggregates.record import Opened, Redacted
from safety.journal.codec import SEALED_REASON, SIGNER, WHY, Meta, UnknownTopic, digest, reader
from safety.journal.journal import Journal
from safety.journal.row import Stored
from safety.journal.turn import Command, Head

NO_LIMIT = 2**63 - 1
Fault = tuple[str, str]
"""The rule that is broken and the sentence that says how."""


class Finding(NamedTuple):
    """One thing that is not as it was written; the text never quotes what the log holds of a subject."""

    position: int
    rule: str
    text: str

    def __str__(self) -> str:
        """Name the place first."""
        return f"position {self.position}: {self.text}"


def verify(
    journal: Journal, after: int = 0, upto: int | None = None, walks: "type[Walk] | None" = None
) -> Iterator[Finding]:
    """Check the rows with `after` < position <= `upto`, in order; without `upto`, to the end and that it is the end.

    Two processes may check a half each; `walks` checks rows of another kind than the record's. Memory holds a version for each stream and no more.
    """
    head = journal.head()
    last = head.position if upto is None else upto
    walk = (walks or Walk)(journal, after, NO_LIMIT if upto is None else upto)
    for row in journal.rows(after, last):
        yield from walk.findings(row)
    if walk.before.position < last:
        yield Finding(walk.before.position + 1, "position", f"it is missing, and all up to {last} with it")
    if upto is None:
        yield from sorted(ending(journal, head, walk))


def ending(journal: Journal, head: Head, walk: "Walk") -> Iterator[Finding]:
    """Check that the log ends where its head and its commands say. What comes in meanwhile moves the head first."""
    claims = list(walk.claims.left())
    beyond = journal.page(head.position, NO_LIMIT, 1)
    now = journal.head().position
    for command in claims:
        if command.last_position > now:
            first = max(command.first_position, now + 1)
            yield Finding(first, "command", f"it is missing, and the command {command.command_id} claims it")
    if beyond and now < beyond[0].position:
        yield Finding(beyond[0].position, "head", f"the head of the log says that it ends at {now}")
    if walk.before.position == head.position and walk.before.recorded_at != head.recorded_at:
        yield Finding(head.position, "head", "it was not recorded when the head of the log says")


class Before(NamedTuple):
    """What the row before was."""

    position: int
    recorded_at: int
    command: str | None


class Walk:
    """What has to be remembered from row to row."""

    def __init__(self, journal: Journal, after: int, upto: int) -> None:
        """Start behind a position, with what the log says of it."""
        self._journal = journal
        self._versions = journal.versions(after)
        self._redacted = redactions(journal)
        self.claims = Claims(journal.commands(after, upto))
        self.before = Before(after, 0, None)
        for row in journal.page(after - 1, after, 1):
            meta = self.meta(row)
            self.before = Before(after, row.recorded_at, meta and meta.command)

    def meta(self, row: Stored) -> Meta | None:
        """Read who decided a row."""
        return read_meta(row)

    def findings(self, row: Stored) -> Iterator[Finding]:
        """Check one row; whatever is wrong with it, the next one is checked against it as it is."""
        meta = self.meta(row)
        for rule, text in self._faults(row, meta):
            yield Finding(row.position, rule, text)
        self._versions[row.stream] = row.version
        self.before = Before(row.position, row.recorded_at, meta and meta.command)

    def _faults(self, row: Stored, meta: Meta | None) -> Iterator[Fault]:
        if row.position != self.before.position + 1:
            yield "position", f"the position before it is {self.before.position}: what stood between is missing"
        if row.version != (due := self._versions.get(row.stream, 0) + 1):
            yield "version", f"it is version {row.version} of its stream, and {due} is due"
        if meta is None:
            yield "meta", "its meta cannot be read"
        else:
            if meta.sha256 != sha256(row.body.encode()).hexdigest():
                yield "body", "its body does not have the digest that its meta states"
            yield from self.claims.faults(row.position, meta.command)
            yield from self._time_faults(row, meta.command)
        yield from self._content_faults(row, beside(meta))

    def _time_faults(self, row: Stored, command: str) -> Iterator[Fault]:
        if command == self.before.command:
            if row.recorded_at != self.before.recorded_at:
                yield "time", "it was recorded at another time than the row before it, of the same command"
        elif row.recorded_at <= self.before.recorded_at:
            yield "time", "it was not recorded later than the row before it"

    def _content_faults(self, row: Stored, named: dict[str, str]) -> Iterator[Fault]:
        try:
            read, held = reader(row.topic)
            happened = read(row.body)
        except UnknownTopic as fault:
            yield "topic", str(fault)
            return
        except ValidationError as fault:
            first = fault.errors(include_input=False, include_url=False)[0]
            yield "topic", f"it is no {row.topic}: {'.'.join(map(str, first['loc'])) or 'its body'} does not fit"
            return
        if happened.stream != row.stream:
            yield "stream", "its body belongs to another stream"
        if row.position == 1 and not isinstance(happened, Opened):
            yield "opened", f"the log begins with {row.topic}, not with {Opened.TOPIC}"
        digests = {wire: happened.__dict__[name] for wire, name in held if happened.__dict__[name] is not None}
        yield from self._sealed_faults(row, digests | named)

    def _sealed_faults(self, row: Stored, digests: dict[str, str]) -> Iterator[Fault]:
        if row.sealed is None:
            if digests and not self._is_redacted(row.position):
                yield "sealed", f"its sealed text is missing ({', '.join(digests)}), and nobody redacted it"
        elif not fits(row.sealed, digests):
            yield "sealed", "its sealed text does not have the digests that its body states"
        elif row.position in self._redacted:
            yield "redacted", "it was redacted, and its sealed text is still there"

    def _is_redacted(self, position: int) -> bool:
        if position not in self._redacted:
            # Perhaps it was redacted while we walked.
            self._redacted = redactions(self._journal)
        return position in self._redacted


class Claims:
    """Walks along the command table: its ranges have to tile the positions, each under the command that its rows name."""

    def __init__(self, commands: Iterator[Command]) -> None:
        """Take the commands in the order of their positions; those that changed nothing claim nothing."""
        self._commands = (command for command in commands if command.first_position <= command.last_position)
        self._now: Command | None = None

    def faults(self, position: int, named: str) -> Iterator[Fault]:
        """Check one position against the command that claims it."""
        while self._now is None or self._now.last_position < position:
            following = next(self._commands, None)
            if following is None:
                break
            if self._now is not None and following.first_position <= self._now.last_position:
                yield "command", f"the commands {self._now.command_id} and {following.command_id} claim a position both"
            self._now = following
        if self._now is None or not self._now.first_position <= position <= self._now.last_position:
            yield "command", f"it names the command {named}, which is not in the command table with this position"
        elif self._now.command_id != named:
            yield "command", f"it names the command {named}, and the command {self._now.command_id} claims it"

    def left(self) -> Iterator[Command]:
        """Give the last command that was met, and those behind it."""
        if self._now is not None:
            yield self._now
        yield from self._commands


def read_meta(row: Stored) -> Meta | None:
    """Read who decided a row, or None where that cannot be read."""
    try:
        return Meta(**from_json(row.meta))
    except (TypeError, ValueError):
        return None


def beside(meta: Meta | None) -> dict[str, str]:
    """Give the digests of what is sealed beside the body, each under its name: who signed, and the reason."""
    if meta is None:
        return {}
    found = {} if meta.signature is None else {SIGNER: str(meta.signature.get("name"))}
    is_sealed = isinstance(meta.reason, str) and SEALED_REASON.fullmatch(meta.reason)
    return {**found, WHY: str(meta.reason)} if is_sealed else found


def redactions(journal: Journal) -> frozenset[int]:
    """Read which positions two persons agreed to redact; a row that cannot be read is for the walk to name."""
    agreed = (row for row in journal.stream("-/log") if row.topic == Redacted.TOPIC)
    return frozenset(form.at_position for row in agreed if isinstance(form := read_body(row), Redacted))


def read_body(row: Stored) -> Form | None:
    """Read an event as its body states it, digests and all, or None where that cannot be read."""
    try:
        return reader(row.topic)[0](row.body)
    except (UnknownTopic, ValidationError):
        return None


def fits(sealed: str, digests: dict[str, str]) -> bool:
    """Say whether sealed text is what the digests in a body were made of."""
    try:
        texts = from_json(sealed)
        salt = bytes.fromhex(texts.pop("salt"))
        made = {wire: digest(salt, wire, text) for wire, text in texts.items()}
    except (AttributeError, KeyError, TypeError, ValueError):
        return False
    return made.keys() == digests.keys() and all(hmac.compare_digest(made[wire], digests[wire]) for wire in made)
