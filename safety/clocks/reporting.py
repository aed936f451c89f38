"""How a filing in the desk discharges the duty to report to the sponsor: the desk is the sponsor's, so what is filed has arrived."""

from collections.abc import Iterator, Sequence

from safety.aggregates.deciding import StreamState
from safety.aggregates.facts_of_record import Told
from safety.aggregates.obligation import Obligation, Obligations, Submitted
from safety.aggregates.telling import states_of
from safety.clocks.asking import Case
from safety.regulation.counting import Causality
from safety.values import Party

SPONSOR = ("sponsor",)
"""The recipients of a report that is made by filing in the desk; one that others get too is sent, and recorded by who sends it."""


def reports_made(case: Case, state: StreamState) -> Iterator[Submitted]:
    """Record each open duty to report to the sponsor as discharged by the filing that reports, at the moment it was filed.

    The investigator tells the sponsor at once of every serious adverse event (ICH E2A III.B; 21 CFR 312.64(b); Reg. (EU)
    536/2014 Art. 41(2); China GCP 2020 Art. 26). The investigator's view of causality may follow: what is missing of a
    report makes it incomplete, not unmade. What a recipient rejected is for a person to send again.
    """
    told = case.told(state)
    for one in state.slice(Obligations).of(case.number).values():
        if one.state != "open" or one.sent_to or not by_filing(one.opened.party, one.opened.to):
            continue
        both = case.both(one.opened.pack)
        made = report_made(told, one.opened.facts, both=both, causality=case.causality)
        if made is not None:
            yield submitted(case, one, made)


def by_filing(party: Party, to: Sequence[str]) -> bool:
    """Say whether a report is the site's to the sponsor alone."""
    return party == "site" and tuple(to) == SPONSOR


def report_made(told: Sequence[Told], facts: Sequence[int], *, both: bool, causality: Causality) -> Told | None:
    """Find the filing that is the report of a duty that rests on some facts (versions); None where no person of the site filed.

    It is the last filing that the duty rests on; of what an import stated, the first that says itself that it is serious; of
    what counts from a report that was sent, the first follow-up after it. `both`: site and sponsor are one (21 CFR 312.3), so whoever of them files reports.
    """
    filed = [one for one in told if one.filed and (both or one.party == "site")]
    if any(one.obligation is not None and one.version in facts for one in told):
        return next((one for one in filed if one.version > max(facts) and "new_information" in one.acts), None)
    rests_on = [one for one in filed if one.version in facts]
    if rests_on:
        return max(rests_on, key=lambda one: one.filed_at)
    return next((one for one in filed if states_of(one.said, causality)["serious"]), None)


def submitted(case: Case, one: Obligation, made: Told) -> Submitted:
    """Fill in that the report was made; an awareness that a fast clock at the bedside put ahead of the filing counts as it."""
    sent_at = max(made.filed_at, one.opened.starts_at)
    return Submitted(
        **case.named, obligation=one.opened.obligation, sent_at=sent_at, to=one.opened.to, filed_as=made.version
    )
