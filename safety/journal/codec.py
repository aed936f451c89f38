"""Events to rows and back: CDISC keys in the body, free text sealed beside it under a salted digest."""

import hmac
import json
from collections.abc import Callable
from functools import cache
from hashlib import sha256
from typing import Any, NamedTuple

from pydantic_core import from_json, to_json

from safety.aggregates.deciding import Act, Form
from safety.aggregates.register import TOPICS
from safety.journal.row import NewEvent, Stored
from safety.values import REDACTED

Salt = Callable[[], bytes]
"""Sixteen fresh random bytes; made at the doors and handed in."""


class UnknownTopic(Exception):
    """The log holds a topic that this version of the program does not know."""


class Damaged(Exception):
    """The sealed text of a row is not what was written: somebody, or the disk, has altered it."""

    def __init__(self, topic: str) -> None:
        """Say what to do, and nothing of what stands there."""
        super().__init__(f"the sealed text of an event {topic} is damaged; `vigilog verify` names its position")


SIGNER = "signature"
"""Under this name the printed name of who signed is sealed; no variable of CDISC is written in small letters."""


class Signature(NamedTuple):
    """An electronic signature as the log takes it (21 CFR 11.50): what it means, how it was proved who signs, the printed name.

    It stands in the meta of the event that it signs, beside the SHA-256 of the body and in the same leaf: it can be
    neither cut out nor copied to another (11.70). The time is the log's.
    """

    meaning: str
    methods: tuple[str, ...]
    name: str


class Meta(NamedTuple):
    """Beside what happened: who decided, as what, when, by which command, in which chain, and why."""

    by: str
    role: str
    at: str
    command: str
    correlation: str
    sha256: str
    reason: str | None = None
    signature: dict[str, Any] | None = None
    """Meaning, methods and, as its salted digest, the printed name of who signed."""


class Recorded(NamedTuple):
    """An event read back from the log, validated."""

    position: int
    stream: str
    version: int
    topic: str
    event: Form
    meta: str
    recorded_at: int
    signer: str | None = None
    """The printed name of who signed; None where nobody did, `[redacted]` where the sealed part was emptied."""

    def about(self) -> Meta:
        """Read who decided this and when."""
        return Meta(**json.loads(self.meta))


def compact(value: Any) -> str:  # noqa: ANN401, whatever JSON can hold
    """Write JSON the one way the log writes it: no spaces, UTF-8 as it is."""
    return to_json(value).decode()


def digest(salt: bytes, key: str, value: str) -> str:
    """Keyed digest of one sealed value under its wire name, as it stands in the body."""
    return "#" + hmac.digest(salt, f"{key}={value}".encode(), "sha256").hex()


def seal(happened: Form, salt: Salt, signer: str | None = None) -> tuple[str, str | None, str | None]:
    """Give an event's body; where it holds free text or is signed, the sealed text with its salt; and the signer's digest."""
    held = {wire: name for wire, name in happened.SEALED.items() if happened.__dict__[name] is not None}
    open_part = happened.model_dump_json(by_alias=True, exclude_none=True, exclude=set(held.values()) or None)
    if not held and signer is None:
        return open_part, None, None
    fresh = salt()
    sealed = {wire: happened.__dict__[name] for wire, name in held.items()}
    digests = compact({wire: digest(fresh, wire, text) for wire, text in sealed.items()})
    joint = "," if held and len(open_part) > len("{}") else ""
    body = open_part[:-1] + joint + digests[1:]
    if signer is None:
        return body, compact({"salt": fresh.hex(), **sealed}), None
    return body, compact({"salt": fresh.hex(), **sealed, SIGNER: signer}), digest(fresh, SIGNER, signer)


def encode(
    happened: Form,
    version: int,
    act: Act,
    *,
    command_id: str,
    correlation: str,
    reason: str | None,
    salt: Salt,
    signature: Signature | None = None,
) -> NewEvent:
    """Turn an event into the row it will be; the meta binds the body by its SHA-256."""
    body, sealed, signer = seal(happened, salt, signature.name if signature else None)
    meta: dict[str, Any] = {
        "by": act.by,
        "role": act.role,
        "at": act.at.isoformat(),
        "command": command_id,
        "correlation": correlation,
        "sha256": sha256(body.encode()).hexdigest(),
    }
    if reason is not None:
        meta["reason"] = reason
    if signature is not None:
        meta["signature"] = {"meaning": signature.meaning, "methods": signature.methods, "name": signer}
    return NewEvent(happened.stream, version, happened.TOPIC, body, compact(meta), sealed)


Reader = tuple[Callable[[str], Form], tuple[tuple[str, str], ...]]
"""What reads the bodies of a topic, and the wire and field names of what it seals."""


@cache
def reader(topic: str) -> Reader:
    """Find what reads the bodies of a topic.

    Raises:
        UnknownTopic: written by a newer version of the program.

    """
    form = TOPICS.get(topic)
    if form is None:
        raise UnknownTopic(
            f"the topic {topic} is not known to this version of the program; use the version that wrote it"
        )
    return form.__pydantic_validator__.validate_json, tuple(form.SEALED.items())


def open_body(topic: str, body: str, sealed: str | None) -> Form:
    """Turn a body back into its event, validated, with sealed text in its place or `[redacted]`.

    Raises:
        UnknownTopic: written by a newer version of the program.
        Damaged: the sealed text cannot be read.

    """
    read, held = reader(topic)
    happened = read(body)
    if held:
        texts = texts_of(topic, sealed)
        fields = happened.__dict__
        # The model is frozen for everybody else; here it is still being made, from text that was validated when it was sealed.
        for wire, name in held:
            if fields[name] is not None:
                fields[name] = texts.get(wire, REDACTED)
    return happened


def texts_of(topic: str, sealed: str | None) -> dict[str, str]:
    """Read sealed text; nothing of what was redacted.

    Raises:
        Damaged: it is no longer what was written.

    """
    try:
        texts = from_json(sealed) if sealed else {}
    except ValueError as fault:
        raise Damaged(topic) from fault
    if not isinstance(texts, dict):
        raise Damaged(topic)
    return texts


def decode(row: Stored) -> Recorded:
    """Read a row back."""
    happened = open_body(row[3], row[4], row[6])
    signer = None if '"signature":' not in row[5] else signer_of(row[5], row[6])
    return Recorded(row[0], row[1], row[2], row[3], happened, row[5], row[7], signer)


def signer_of(meta: str, sealed: str | None) -> str | None:
    """Read the printed name of who signed an event."""
    if Meta(**from_json(meta)).signature is None:
        return None
    return texts_of("signature", sealed).get(SIGNER, REDACTED)
