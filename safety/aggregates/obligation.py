"""An obligation: who owes a report to whom, by when and why; opened once, and only ever struck through, sent, or answered."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from safety.aggregates.deciding import Form, SubjectForm, UnknownEvent, event, folds
from safety.values import AccountId, Awareness, Code, Day, FieldClass, Instant, Number, Party, Role, Text, YesNo, Zone

ObligationId = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True, pattern=r"^[A-Z0-9][A-Za-z0-9._-]{0,63}/[1-9][0-9]{0,5}(\.[1-9][0-9]{0,5})?$"
    ),
]
"""Rule and ordinal within the adverse event, `EU-7/1`; `EU-7/1.2` is the same one due earlier than first thought."""
RuleId = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9][A-Za-z0-9._-]{0,63}$")]
"""Id of a rule or of a pack, as its text has it."""
Recipient = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Sentence = Annotated[str, StringConstraints(min_length=1)]
PrintedName = Annotated[str, FieldClass.CONTACT, Field(min_length=1, max_length=200)]
"""A signer's name as it stood when signing (21 CFR 11.50(a)(1)); sealed, so that it can be redacted."""
State = Literal["open", "superseded", "cancelled", "submitted", "acknowledged", "rejected"]
Reference = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


class OfAdverseEvent(SubjectForm):
    """An event about the duties that one adverse event brings."""

    number: Number = Field(alias="AESEQ")


class OfObligation(OfAdverseEvent):
    """An event about one obligation of one adverse event."""

    obligation: ObligationId


@event("obligation.opened.v1")
class Opened(OfObligation):
    """A report is owed from here on: by which rule of which pack, to whom, by when, and the facts and sentences behind it.

    `due_at` is the first instant that is too late (UTC), `due_on` the last local day; both None for `immediately` and for a
    limit that needs confirmation. `facts` are versions of this stream. `merged_from`: the number whose clock goes on here.
    """

    rule: RuleId
    ordinal: Number
    pack: RuleId
    pack_version: str = Field(min_length=1, max_length=64)
    pack_sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    owed_by: Literal["investigator", "institution", "sponsor"]
    to: tuple[Recipient, ...] = Field(min_length=1)
    limit: int | None = None
    unit: str = Field(max_length=64)
    party: Party
    starts_at: Instant
    zone: Zone
    day0: Day
    due_on: Day | None = None
    due_at: Instant | None = None
    citation: str
    confidence: str = Field(max_length=32)
    basis: str = Field(max_length=32)
    because: tuple[Sentence, ...] = ()
    facts: tuple[Number, ...] = ()
    merged_from: Number | None = None


@event("obligation.antedated.v1")
class Antedated(OfObligation):
    """What was told since says that its party knew sooner: a report that was sent was due earlier than first thought.

    Day 0, due and reasons are those that hold from here on (`facts`: versions of this stream); the report stays sent when it was.
    """

    starts_at: Instant
    zone: Zone
    day0: Day
    due_on: Day | None = None
    due_at: Instant | None = None
    because: tuple[Sentence, ...] = ()
    facts: tuple[Number, ...] = ()


CLOCK = ("starts_at", "zone", "day0", "due_on", "due_at", "because", "facts")
"""What an antedated clock has anew of what it was opened with."""


@event("obligation.taken.v1")
class Taken(OfObligation):
    """A named officer has it in hand from here on; `reason`: why it was taken over from whoever had it."""

    taken_by: AccountId | None = None
    reason: Text | None = None


@event("obligation.superseded.v1")
class Superseded(OfObligation):
    """Another obligation took this one's place; what is sent for that one pays both.

    `by_number`: the adverse event whose obligation that is, where one of two numbers for one occurrence was merged.
    """

    by: ObligationId
    by_number: Number | None = None


@event("obligation.cancelled.v1")
class Cancelled(OfObligation):
    """A named safety officer struck the clock through: the fact behind it was taken back before anything was sent."""

    reason: Literal["downgraded", "nullified", "duplicate", "not_applicable", "opened_in_error"]
    explanation: Text | None = None
    signed_by: AccountId | None = None
    signed_as: Role | None = None
    printed_name: PrintedName | None = None
    meaning: str = Field("struck through by me as no longer due", min_length=1, max_length=500)


@event("obligation.submitted.v1")
class Submitted(OfObligation):
    """The report was sent: when it actually left, to which of the recipients, and under which reference.

    `filed_as`: version in this stream of the filing in the desk that is itself the report to the sponsor.
    """

    sent_at: Instant
    to: tuple[Recipient, ...] = ()
    reference: Reference | None = None
    filed_as: Number | None = None


@event("obligation.acknowledged.v1")
class Acknowledged(OfObligation):
    """A recipient confirmed that it has the report."""

    recipient: Recipient
    acknowledged_at: Instant
    reference: Reference | None = None


@event("obligation.rejected.v1")
class Rejected(OfObligation):
    """A recipient did not take the report: the clock goes on as if nothing had been sent to it."""

    recipient: Recipient
    rejected_at: Instant
    reason: Text | None = None


@event("obligation.grounds_found.v1")
class GroundsFound(OfAdverseEvent):
    """What the record itself says of an adverse event where no party has said it: exposed at onset, listed as expected."""

    aware: Awareness
    exposed: YesNo
    expected: YesNo
    reference_safety_information: Code | None = None


@event("obligation.reviewed.v1")
class Reviewed(SubjectForm):
    """The duties of all of a subject's adverse events were looked at again under what governs now."""


@dataclass(frozen=True, slots=True)
class Obligation:
    """What an obligation has come to; `sent_to` are the recipients that have the report and did not reject it.

    `sent_at`: when the last of them was sent it. `taken_by`: the account that has it in hand. `told`: how often its clock has
    been news, and `told_of` by what last: it began, went on after a rejection, or came forward while it ran.
    """

    opened: Opened
    state: State = "open"
    sent_to: frozenset[str] = frozenset()
    sent_at: datetime | None = None
    acknowledged_by: frozenset[str] = frozenset()
    told: int = 1
    told_of: Literal["opened", "rejected", "antedated"] = "opened"
    taken_by: str | None = None
    gave_way_to: Superseded | None = None

    @property
    def runs(self) -> bool:
        """Whether its clock runs: nothing has taken its place, struck it through, or reached every recipient."""
        return self.state in {"open", "rejected"}

    @property
    def late(self) -> bool:
        """Whether every recipient has its report, and the last one was sent it only when it was too late."""
        due_at, sent = self.opened.due_at, self.state in {"submitted", "acknowledged"}
        return sent and due_at is not None and self.sent_at is not None and self.sent_at >= due_at


@dataclass(frozen=True, slots=True)
class Obligations:
    """The obligations of one subject, by number of the adverse event and id."""

    by_number: Mapping[int, Mapping[str, Obligation]] = field(default_factory=dict)

    def of(self, number: int) -> Mapping[str, Obligation]:
        """Give the obligations of one adverse event."""
        return self.by_number.get(number, {})


def sent(known: Obligation, happened: Submitted) -> Obligation:
    """Take a report that was sent; the obligation is submitted once every recipient has it."""
    sent_to = known.sent_to | frozenset(happened.to)
    everybody = sent_to.issuperset(known.opened.to)
    sent_at = max(known.sent_at or happened.sent_at, happened.sent_at)
    return replace(known, sent_to=sent_to, sent_at=sent_at, state="submitted" if everybody else known.state)


def acknowledged(known: Obligation, happened: Acknowledged) -> Obligation:
    """Take an acknowledgement; the obligation is acknowledged once every recipient has confirmed."""
    confirmed = known.acknowledged_by | {happened.recipient}
    everybody = confirmed.issuperset(known.opened.to)
    return replace(known, acknowledged_by=confirmed, state="acknowledged" if everybody else known.state)


def changed(known: Obligation, happened: Form) -> Obligation:
    """Fold an event about an obligation that was opened into it."""
    match happened:
        case Taken():
            return replace(known, taken_by=happened.taken_by)
        case Antedated():
            clock = {name: happened.__dict__[name] for name in CLOCK}
            moved = replace(known, opened=known.opened.model_copy(update=clock))
            return replace(moved, told=known.told + 1, told_of="antedated") if known.runs else moved
        case Superseded():
            return replace(known, state="superseded", gave_way_to=happened)
        case Cancelled():
            return replace(known, state="cancelled")
        case Submitted():
            return sent(known, happened)
        case Acknowledged():
            return acknowledged(known, happened)
        case Rejected():
            return replace(
                known,
                state="rejected",
                sent_to=known.sent_to - {happened.recipient},
                acknowledged_by=known.acknowledged_by - {happened.recipient},
                told=known.told + 1,
                told_of="rejected",
            )
        case _:
            raise UnknownEvent(happened)


@folds("obligation", Obligations)
def evolve(state: Obligations, happened: Form) -> Obligations:
    """Fold one event into the obligations of a subject."""
    match happened:
        case GroundsFound() | Reviewed():
            return state
        case Opened():
            number, now = happened.number, Obligation(happened)
        case OfObligation():
            number = happened.number
            now = changed(state.by_number[number][happened.obligation], happened)
        case _:
            raise UnknownEvent(happened)
    return Obligations({**state.by_number, number: {**state.of(number), now.opened.obligation: now}})
