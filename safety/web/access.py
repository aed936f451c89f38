"""The access log: who signed in, who was refused, what was exported, and who read sealed text; beside the record, never in it.

It is a log of the same kind, append-only with positions of its own, in `access.db` of the home. What somebody typed is not
in it: an account that does not exist stands as `-`.
"""

from collections import OrderedDict
from collections.abc import Iterator
from itertools import islice, takewhile
from typing import Any, Literal, NamedTuple

from pydantic_core import from_json

from safety.home import Home
from safety.journal import Decision
from safety.journal.access_entries import noted
from safety.values import FieldClass, microseconds
from safety.web.policy import RULES, Grant

Kind = Literal[
    "signed_in",
    "refused",
    "signed_out",
    "passphrase_set",
    "authenticator_set",
    "denied",
    "exported",
    "read_sealed",
    "passkey_added",
    "passkey_removed",
    "link_made",
    "sessions_ended",
    "contact_changed",
    "channel_tested",
    "token_made",
    "token_revoked",
    "token_refused",
]
NOBODY = "-"
MINUTE = 60_000_000
AGAIN = 10 * MINUTE
"""Reading the same page again within so many microseconds is one reading."""
REMEMBERED = 10_000
A_PAGE = 1_000
"""Entries that are read at once."""


class Noted(NamedTuple):
    """One entry: its position, when (microseconds from 1970 UTC), what happened, who and from where, and to what."""

    position: int
    at: int
    kind: Kind
    account: str
    source: str
    action: str | None = None
    thing: str | None = None


class Asking(NamedTuple):
    """Who asks for what: noted where it turns out not to be there, or not for them."""

    log: "AccessLog"
    account: str
    source: str
    action: str
    thing: str

    def refused(self) -> None:
        """Note that they were answered that there is no such thing; raises Unavailable."""
        self.log.note("denied", self.account, self.source, action=self.action, thing=self.thing)


class AccessLog:
    """Writes and reads the access log of a home; one a door."""

    def __init__(self, home: Home) -> None:
        """Nobody has read anything lately."""
        self._home = home
        self._read: OrderedDict[tuple[str, str], int] = OrderedDict()

    def note(
        self, kind: Kind, account: str, source: str, *, action: str | None = None, thing: str | None = None
    ) -> None:
        """Write an entry; it is durable before the request goes on. Raises Unavailable, and nothing is shown then."""
        said = {"kind": kind, "account": account, "source": source, "action": action, "thing": thing}
        entry, at = self._home.doors.new_id(), self._home.doors.clock().isoformat()
        self._home.access.append(Decision([noted(entry, at, said)], entry, digest=""))

    def given(self, account: str, source: str, grant: Grant, action: str, thing: str, *, reads: bool = True) -> None:
        """Note what has to be known of what was given: exports, and the first reading of sealed text in a while.

        `reads`: it is asked for a page, not sent a form. The page of a form that writes free text shows what there is of it.
        """
        if action.endswith(".export"):
            self.note("exported", account, source, action=action, thing=thing)
        elif grant.fields and reads and (RULES[action].kind == "reads" or FieldClass.TEXT in grant.fields):
            self.read(account, source, action, thing)

    def read(self, account: str, source: str, action: str, thing: str) -> None:
        """Note that a page with sealed text on it was shown: once a page and a while, however many rows it has."""
        now = microseconds(self._home.doors.clock())
        before = self._read.get((account, thing))
        if before is not None and 0 <= now - before < AGAIN:
            return
        self.note("read_sealed", account, source, action=action, thing=thing)
        self._read.pop((account, thing), None)
        self._read[account, thing] = now  # only now: what could not be noted was not shown, and is noted the next time
        if len(self._read) > REMEMBERED:
            self._read.popitem(last=False)

    def entries(self, limit: int) -> Iterator[Noted]:
        """Give the last entries, newest first."""
        return islice(self.backwards(), limit)

    def backwards(self) -> Iterator[Noted]:
        """Give all entries, newest first, as far as they are asked for."""
        last = self._home.access.head().position
        while last > 0:
            for row in reversed(self._home.access.page(max(0, last - A_PAGE), last, A_PAGE)):
                said: dict[str, Any] = from_json(row.body)
                yield Noted(row.position, row.recorded_at, **said)
            last -= A_PAGE


def last_signed_in(access: AccessLog, limit: int) -> dict[str, int]:
    """Say when each account last signed in, as far back as so many entries: microseconds from 1970 UTC."""
    found: dict[str, int] = {}
    for entry in access.entries(limit):
        if entry.kind == "signed_in":
            found.setdefault(entry.account, entry.at)
    return found


def refused_lately(home: Home, kind: Kind) -> int:
    """Count what was refused of a kind in the last minute, however much else was noted in it."""
    since = microseconds(home.doors.clock()) - MINUTE
    return sum(entry.kind == kind for entry in takewhile(lambda entry: entry.at > since, AccessLog(home).backwards()))
