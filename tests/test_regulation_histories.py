"""What holds for any history: the same answer twice, clocks that nothing postpones, never two obligations of a rule at a time."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from safety.packaged import packaged_pack, packaged_packs
from safety.regulation.evaluator import evaluate
from safety.regulation.facts import ACTS, STATES, Fact
from tests.clocks import SAE, ZONE, on

PACKS = [pack.id for pack in packaged_packs()]


@st.composite
def histories(draw: st.DrawFn) -> tuple[str, list[Fact]]:
    """A pack, and what a sponsor may say over some days."""
    pack = draw(st.sampled_from(PACKS))
    rules = [rule.id for rule in packaged_pack(pack).rules]
    states = st.dictionaries(st.sampled_from(sorted(STATES)), st.sampled_from([True, True, False, None]), max_size=4)
    acts = st.dictionaries(st.sampled_from(sorted(ACTS)), st.just(True), max_size=1)  # noqa: FBT003, the value of an act
    sent: st.SearchStrategy[dict[str, Any]] = st.one_of(
        st.just({}), st.sampled_from(rules).map(lambda rule: {"submitted": rule})
    )
    party = st.sampled_from(["site", "sponsor"])
    said = st.tuples(st.integers(0, 40), party, states, acts, sent)
    steps = draw(st.lists(said, min_size=1, max_size=8))
    start = draw(st.sampled_from([date(2018, 4, 20), date(2024, 2, 20), date(2026, 8, 20), date(2027, 1, 1)]))
    first = on(0, SAE, base=start)
    return pack, [first, *[on(d, {**a, **b, **c}, party=p, base=start) for d, p, a, b, c in steps]]


@given(histories(), st.booleans())
def test_what_holds_for_any_history(history: tuple[str, list[Fact]], one: bool) -> None:  # noqa: FBT001, hypothesis hands it in
    pack, facts = history
    found = evaluate([packaged_pack(pack)], facts, zone=ZONE, sponsor_investigator=one)
    again = evaluate([packaged_pack(pack)], facts, zone=ZONE, sponsor_investigator=one)
    assert found == again
    due_at = [due.due_at for due in found.obligations]
    assert due_at == sorted(due_at, key=lambda at: (at is not None, at or datetime.min.replace(tzinfo=UTC)))
    for due in found.obligations:
        assert (due.closed_at is None) is (due.state == "open")
        assert due.closed_at is None or due.opened_by <= due.closed_at
        assert due.starts_at <= due.opened_by
        assert due.because
        if due.rule.limit is not None and due.due_at is not None:
            # Nothing is due later than its own clock says.
            days = due.rule.limit / 24 if due.rule.unit == "hour" else due.rule.limit + 1
            assert due.due_at - due.starts_at <= timedelta(days=days)
    for rule in packaged_pack(pack).rules:
        mine = sorted((d for d in found.obligations if d.rule.id == rule.id), key=lambda d: d.ordinal)
        assert [due.ordinal for due in mine] == list(range(1, len(mine) + 1))
        if rule.trigger in {"qualifies", "late", "upgrade"}:
            # Never two at a time: one closes, or is replaced, before the next opens.
            assert all(
                a.state in {"cancelled", "superseded"} and a.closed_at <= b.opened_by
                for a, b in pairwise(mine)
                if a.closed_at
            )
            assert all(a.closed_at for a, _ in pairwise(mine))


@given(histories())
def test_an_obligation_once_opened_is_never_taken_back_by_what_comes_later(history: tuple[str, list[Fact]]) -> None:
    pack, facts = history
    ordered = sorted(facts, key=lambda fact: fact.at)
    rules = packaged_pack(pack)
    for count in range(1, len(ordered)):
        if ordered[count].at == ordered[count - 1].at:
            continue
        before = evaluate([rules], ordered[:count], zone=ZONE).obligations
        after = evaluate([rules], ordered[: count + 1], zone=ZONE).obligations
        # A determination that is stated later moves clocks that wait for it, and only those.
        kept = {(d.rule.id, d.ordinal, d.starts_at, d.due_at) for d in before if d.rule.starts != "determined"}
        assert pack == "US-FDA-IND" or kept <= {(d.rule.id, d.ordinal, d.starts_at, d.due_at) for d in after}
