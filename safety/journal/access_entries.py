"""What an entry of the access log looks like, and the check that the log of them is as it was written."""

from collections.abc import Iterator
from hashlib import sha256
from typing import Any

from pydantic_core import from_json, to_json

from safety.journal.codec import Meta
from safety.journal.journal import Journal
from safety.journal.row import NewEvent, Stored
from safety.journal.verification import Fault, Finding, Walk, verify

TOPIC = "access.noted.v1"
FIELDS = frozenset({"kind", "account", "source", "action", "thing"})
NEEDED = frozenset({"kind", "account", "source"})


def noted(entry: str, at: str, said: dict[str, str | None]) -> NewEvent:
    """Make the row of an entry, under its id; the meta binds the body by its SHA-256."""
    body = to_json(said).decode()
    digest = sha256(body.encode()).hexdigest()
    meta = {"by": said["account"], "role": "-", "at": at, "command": entry, "correlation": entry, "sha256": digest}
    return NewEvent(f"-/access/{entry}", 1, TOPIC, body, to_json(meta).decode(), None)


def verify_access(access: Journal) -> Iterator[Finding]:
    """Check the access log: dense positions, rising times, every entry of its shape, under its command and with its digest."""
    yield from verify(access, walks=AccessWalk)


class AccessWalk(Walk):
    """Walks along the entries; the first ones of older homes have no digest yet, and none comes without after one with."""

    _bound = False

    def meta(self, row: Stored) -> Meta | None:
        """Read who an entry is by."""
        try:
            said = from_json(row.meta)
            if "sha256" not in said and not self._bound:
                open_meta = {
                    "role": "-",
                    "correlation": said["command"],
                    "sha256": sha256(row.body.encode()).hexdigest(),
                }
                return Meta(**{**open_meta, "by": said["by"], "at": said["at"], "command": said["command"]})
            self._bound = True
            return Meta(**said)
        except (KeyError, TypeError, ValueError):
            return None

    def _content_faults(self, row: Stored, named: dict[str, str]) -> Iterator[Fault]:
        said = read(row.body)
        if row.topic != TOPIC or said is None:
            yield "topic", f"it is no {TOPIC}"
        if row.sealed is not None or named:
            yield "sealed", "an entry seals nothing and is signed by nobody"
        meta = self.meta(row)
        if meta is not None and row.stream != f"-/access/{meta.command}":
            yield "stream", "it stands in another stream than its own"
        if meta is not None and said is not None and "sha256" in row.meta and said["account"] != meta.by:
            yield "meta", "its meta names another account than its body"


def read(body: str) -> dict[str, Any] | None:
    """Read an entry, or None where it has not the shape of one."""
    try:
        said = from_json(body)
    except ValueError:
        return None
    if not isinstance(said, dict) or not NEEDED <= said.keys() <= FIELDS:
        return None
    needed = all(isinstance(said[name], str) for name in NEEDED)
    return said if needed and all(value is None or isinstance(value, str) for value in said.values()) else None
