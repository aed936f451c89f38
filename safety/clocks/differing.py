"""How the clocks of one adverse event differ from what is on record: what opens, gives way, or is struck through."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

from safety.aggregates.deciding import Form, StreamState, fold
from safety.aggregates.obligation import Antedated, Cancelled, Obligation, Obligations, Opened, Superseded
from safety.clocks.asking import Case, key
from safety.clocks.reporting import reports_made
from safety.regulation.due import Due
from safety.regulation.facts import Fact
from safety.regulation.rule import STARTED_BY_TRUTH

MEANING = {
    "nullified": "struck through with the nullification that I filed",
    "downgraded": "struck through with the assessment by which I took its ground back",
}


def decide(case: Case, state: StreamState, *, asked: bool) -> Iterator[Form]:
    """Give what is owed now and was not; with `asked` false the rules are asked only where the grounds have changed."""
    told = case.told(state)
    found = case.grounds_found(state, told) if told else None
    if found is not None:
        yield found
        state = fold(state, found)
    if told and (asked or found is not None):
        yield from asked_and_reported(case, state)


def asked_and_reported(case: Case, state: StreamState) -> Iterator[Form]:
    """Ask the rules, and record the reports that the filings themselves are; what starts with such a report is asked for too."""
    for known, due in case.asked(state):
        for event in difference(case, state, due, known):
            state = fold(state, event)
            yield event
    made = list(reports_made(case, state))
    yield from made
    obligations = state.slice(Obligations).of(case.number)
    if made and case.followed_by({obligations[one.obligation].opened.rule for one in made}):
        for one in made:
            state = fold(state, one)
        yield from asked_and_reported(case, state)


def difference(case: Case, state: StreamState, due: Due, known: Sequence[Fact]) -> Iterator[Form]:
    """Compare one obligation with what is on record: once opened it is never postponed, and never opened again.

    But one that a person struck through opens again where something has just been told that makes it due anew.
    """
    on_record = state.slice(Obligations).of(case.number)
    revisions = [one for one in on_record.values() if (one.opened.rule, one.opened.ordinal) == key(due)]
    if not revisions:
        if due.state in {"open", "submitted"} and not runs_already(due, on_record):
            yield from opened(case, due, f"{due.rule.id}/{due.ordinal}", on_record)
        return
    latest = revisions[-1]
    again = f"{due.rule.id}/{due.ordinal}.{len(revisions) + 1}"
    if latest.state == "cancelled" and due.state == "open" and is_renewed(case, due, known):
        yield from opened(case, due, again, on_record)
    elif latest.runs and due.state == "open" and is_earlier(due, latest):
        yield from opened(case, due, again, on_record, latest)
    elif due.state == "submitted" and known_sooner(due, latest):
        yield antedated(case, due, latest)
    elif latest.runs and due.state == "cancelled" and not latest.sent_to and case.act.role == "safety_officer":
        yield from struck_through(case, due, latest, known)


def runs_already(due: Due, on_record: Mapping[str, Obligation]) -> bool:
    """Say whether a clock of the same rule runs, no later: what nobody signed away is not opened beside itself."""
    return due.rule.trigger in STARTED_BY_TRUTH and any(
        one.runs and one.opened.rule == due.rule.id and not is_earlier(due, one) for one in on_record.values()
    )


def is_renewed(case: Case, due: Due, known: Sequence[Fact]) -> bool:
    """Say whether what was just told says anew what the rule asks for."""
    uses = due.pack.conditions[due.rule.id].uses
    said = [fact.said for fact in known if fact.ref in case.heard]
    return any(name in uses and value is not False for one in said for name, value in one.items())


def opened(
    case: Case, due: Due, name: str, on_record: Mapping[str, Obligation], revised: Obligation | None = None
) -> Iterator[Form]:
    """Open an obligation in the place of those it supersedes, no later than they were due."""
    replaced = [
        one
        for one in on_record.values()
        if one.runs and (one is revised or (one.opened.pack == due.pack.id and one.opened.rule in due.rule.supersedes))
    ]
    due_at, due_on = due.due_at, due.due_on
    for one in replaced:
        if due_at is not None and one.opened.due_at is not None and one.opened.due_at < due_at:
            due_at, due_on = one.opened.due_at, one.opened.due_on
    yield Opened(
        **case.named,
        obligation=name,
        rule=due.rule.id,
        ordinal=due.ordinal,
        pack=due.pack.id,
        pack_version=due.pack.version,
        pack_sha256=due.pack.sha256,
        owed_by=due.rule.sender,
        to=due.to,
        limit=due.rule.limit,
        unit=due.rule.unit,
        party=due.rule.party,
        starts_at=due.starts_at,
        zone=due.zone,
        day0=due.day0,
        due_on=due_on,
        due_at=due_at,
        citation=due.rule.citation,
        confidence=due.rule.confidence,
        basis=due.rule.basis,
        because=due.sentences,
        facts=due.refs,
    )
    for one in replaced:
        yield Superseded(**case.named, obligation=one.opened.obligation, by=name)


def known_sooner(due: Due, sent: Obligation) -> bool:
    """Say whether a report that is with a recipient was due earlier than is on record.

    What starts with an act starts anew with each: an earlier one is another report's.
    """
    counts = sent.state not in {"superseded", "cancelled"}
    return counts and due.rule.trigger in STARTED_BY_TRUTH and is_earlier(due, sent)


def antedated(case: Case, due: Due, sent: Obligation) -> Antedated:
    """Put Day 0 where the awareness was that has been told since (ICH E2A III.B; Reg. (EU) 536/2014 Art. 41(2), 42(2)).

    A sent report is not owed again, but whether it was in time is counted from when its party knew.
    """
    was = sent.opened.day0.isoformat()
    known = f"Day 0 was read as {was} when the report was sent; what was told since says that it was known sooner"
    return Antedated(
        **case.named,
        obligation=sent.opened.obligation,
        starts_at=due.starts_at,
        zone=due.zone,
        day0=due.day0,
        due_on=due.due_on,
        due_at=due.due_at,
        because=(known, *due.sentences),
        facts=due.refs,
    )


def struck_through(case: Case, due: Due, on_record: Obligation, known: Sequence[Fact]) -> Iterator[Form]:
    """Strike a clock through where the safety officer who acts has taken back what it rests on."""
    step = [fact.said for fact in known if fact.at == due.closed_at]
    nullified = any("nullified" in said for said in step)
    uses = due.pack.conditions[due.rule.id].uses
    if nullified or any(uses & said.keys() for said in step):
        reason: Literal["nullified", "downgraded"] = "nullified" if nullified else "downgraded"
        yield Cancelled(
            **case.named,
            obligation=on_record.opened.obligation,
            reason=reason,
            signed_by=case.act.by,
            signed_as=case.act.role,
            meaning=MEANING[reason],
        )


def is_earlier(due: Due, known: Obligation) -> bool:
    """Say whether an obligation is due before what is on record of it: then the earlier one takes its place."""
    was = known.opened.due_at
    return due.due_at is not None and was is not None and due.due_at < was
