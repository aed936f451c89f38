"""Events to rows and back: CDISC keys in the body, free text sealed beside it under a salted digest."""

import hmac
import json
import re
from collections.abc import Callable, Mapping
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


SIGNER, WHY = "signature", "why"
"""Under these names the printed name of who signed and the reason of a decision are sealed; no sealed field is called so."""
SEALED_REASON = re.compile(r"#[0-9a-f]{64}")
"""How a sealed reason stands in the meta; before there were any, reasons stood there as they were typed."""


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
    """As it stands in the meta: its salted digest, or in older logs its text; `Recorded.about` gives it as it was typed."""
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
    why: str | None = None
    """The reason as it was typed, where it is sealed."""

    @property
    def reason(self) -> str | None:
        """Why this was decided, in somebody's own words; None where nobody said, `[redacted]` where it was emptied."""
        return self.about().reason

    def about(self) -> Meta:
        """Read who decided this and when, and why."""
        meta = Meta(**json.loads(self.meta))
        return meta if self.why is None else meta._replace(reason=self.why)


def compact(value: Any) -> str:  # noqa: ANN401, whatever JSON can hold
    """Write JSON the one way the log writes it: no spaces, UTF-8 as it is."""
    return to_json(value).decode()


def digest(salt: bytes, key: str, value: str) -> str:
    """Keyed digest of one sealed value under its wire name, as it stands in the body."""
    return "#" + hmac.digest(salt, f"{key}={value}".encode(), "sha256").hex()


def seal(happened: Form, salt: Salt, beside: Mapping[str, str]) -> tuple[str, str | None, dict[str, str]]:
    """Give an event's body, its sealed text with its salt, and the digests of what is sealed `beside` the body."""
    held = {wire: name for wire, name in happened.SEALED.items() if happened.__dict__[name] is not None}
    open_part = happened.model_dump_json(by_alias=True, exclude_none=True, exclude=set(held.values()) or None)
    if not held and not beside:
        return open_part, None, {}
    fresh = salt()
    sealed = {wire: happened.__dict__[name] for wire, name in held.items()}
    digests = compact({wire: digest(fresh, wire, text) for wire, text in sealed.items()})
    joint = "," if held and len(open_part) > len("{}") else ""
    body = open_part[:-1] + joint + digests[1:]
    named = {name: digest(fresh, name, text) for name, text in beside.items()}
    return body, compact({"salt": fresh.hex(), **sealed, **beside}), named


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
    """Turn an event into the row it will be; the meta binds the body by its SHA-256.

    A reason is somebody's own words and may name a subject: it stands sealed like any other text.
    """
    beside = {} if reason is None else {WHY: reason}
    if signature is not None:
        beside[SIGNER] = signature.name
    body, sealed, named = seal(happened, salt, beside)
    meta: dict[str, Any] = {
        "by": act.by,
        "role": act.role,
        "at": act.at.isoformat(),
        "command": command_id,
        "correlation": correlation,
        "sha256": sha256(body.encode()).hexdigest(),
    }
    if reason is not None:
        meta["reason"] = named[WHY]
    if signature is not None:
        meta["signature"] = {"meaning": signature.meaning, "methods": signature.methods, "name": named[SIGNER]}
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
    if '"signature":' not in row[5] and '"reason":"#' not in row[5]:
        return Recorded(row[0], row[1], row[2], row[3], happened, row[5], row[7])
    signer, why = beside_of(row[5], row[6])
    return Recorded(row[0], row[1], row[2], row[3], happened, row[5], row[7], signer, why)


def beside_of(meta: str, sealed: str | None) -> tuple[str | None, str | None]:
    """Read what is sealed beside the body: the printed name of who signed, and the reason."""
    said = Meta(**from_json(meta))
    texts = texts_of("signature", sealed)
    signer = None if said.signature is None else texts.get(SIGNER, REDACTED)
    sealed_reason = said.reason is not None and SEALED_REASON.fullmatch(said.reason)
    return signer, texts.get(WHY, REDACTED) if sealed_reason else None
