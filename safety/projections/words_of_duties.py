"""One plain sentence for each class of event about obligations, what decides them, and the packs they come from."""

from typing import Any

from safety.aggregates import adverse_event, obligation, rule_pack
from safety.projections.at import second
from safety.projections.words import numbers, says


def of(event: Any) -> str:  # noqa: ANN401, any event about an obligation
    """Name an obligation by its id, and the adverse event and subject it is of."""
    return f"Obligation {event.obligation} of adverse event {event.number} of subject {event.subject}"


@says(rule_pack.Adopted)
def _(event: rule_pack.Adopted) -> str:
    packs = numbers(f"{pack.id} {pack.version} ({pack.sha256[:16]})" for pack in event.packs)
    replayed = "" if event.rules_on is None else f", by the rules of {event.rules_on} whatever the date of the fact"
    return f"Rule packs govern trial {event.trial} from here on, signed for by {event.signed_by}: {packs}{replayed}."


@says(obligation.Opened)
def _(event: obligation.Opened) -> str:
    when = f"{event.unit}, no date" if event.due_at is None else f"before {second(event.due_at)}"
    return (
        f"{of(event)} was opened: {event.owed_by} to {numbers(event.to)}, {when}, Day 0 {event.day0}, by {event.pack} "
        f"{event.pack_version} ({event.citation}; confidence {event.confidence})."
    )


@says(obligation.Antedated)
def _(event: obligation.Antedated) -> str:
    due = "" if event.due_at is None else f", before {second(event.due_at)}"
    return f"{of(event)} was due earlier than first thought, Day 0 {event.day0}{due}: its party knew sooner."


@says(obligation.Taken)
def _(event: obligation.Taken) -> str:
    return f"{of(event)} was taken in hand by {event.taken_by}{'' if event.reason is None else ', over from another'}."


@says(obligation.Superseded)
def _(event: obligation.Superseded) -> str:
    other = "" if event.by_number is None else f" of adverse event {event.by_number}, the same occurrence"
    return f"{of(event)} gave way to {event.by}{other}."


@says(obligation.Cancelled)
def _(event: obligation.Cancelled) -> str:
    role = (event.signed_as or "nobody").replace("_", " ")
    return f"{of(event)} was struck through by {event.signed_by} as {role}: {event.reason.replace('_', ' ')}."


@says(obligation.Submitted)
def _(event: obligation.Submitted) -> str:
    if event.filed_as is not None:
        return f"{of(event)}: the filing of version {event.filed_as} is the report, with the sponsor since {second(event.sent_at)}."
    return f"{of(event)}: the report was sent to {numbers(event.to)} at {second(event.sent_at)}."


@says(obligation.Acknowledged)
def _(event: obligation.Acknowledged) -> str:
    return f"{of(event)}: {event.recipient} acknowledged the report at {second(event.acknowledged_at)}."


@says(obligation.Rejected)
def _(event: obligation.Rejected) -> str:
    return f"{of(event)}: {event.recipient} rejected the report at {second(event.rejected_at)}; the clock goes on."


@says(obligation.GroundsFound)
def _(event: obligation.GroundsFound) -> str:
    exposed = "exposed" if event.exposed == "Y" else "not exposed"
    by = event.reference_safety_information
    listed = "not listed as expected" if event.expected == "N" else f"listed as expected by {by}"
    return f"By the record, adverse event {event.number} of subject {event.subject} is {exposed} at onset and {listed}."


@says(obligation.Reviewed)
def _(event: obligation.Reviewed) -> str:
    return f"The duties of subject {event.subject} were reviewed under what governs now."


@says(adverse_event.ReportabilityStated)
def _(event: adverse_event.ReportabilityStated) -> str:
    said = ((name, event.__dict__[name]) for name in (*adverse_event.REPORTABILITY, "handled", "urgent_measure"))
    told = numbers(f"{name.replace('_', ' ')} {value}" for name, value in said if value is not None)
    return f"Of adverse event {event.number} of subject {event.subject} it was stated: {told}."
