"""One row of the log, the same on both stores, and the leaf that stands for it in a later tree."""

import json
from hashlib import sha256
from typing import NamedTuple


class Stored(NamedTuple):
    """A row as it lies in the log: text and integers only; `recorded_at` in microseconds from 1970 UTC."""

    position: int
    stream: str
    version: int
    topic: str
    body: str
    meta: str
    sealed: str | None
    recorded_at: int


class NewEvent(NamedTuple):
    """An encoded event that the log has not taken yet."""

    stream: str
    version: int
    topic: str
    body: str
    meta: str
    sealed: str | None


COLUMNS = ", ".join(Stored._fields)


def leaf(row: Stored) -> str:
    """Hash a row for a Merkle tree: SHA-256(0x00 | JSON of all but `sealed`), RFC 6962 2.1; hex.

    A redaction leaves every leaf as it was, because the body holds digests where text stood.
    """
    content = [row.position, row.stream, row.version, row.topic, row.body, row.meta, row.recorded_at]
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return sha256(b"\x00" + text.encode()).hexdigest()
