"""Facts and obligations in short: days counted from one date, what is owed as a line a person can check against a clause."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from safety.packaged import packaged_pack
from safety.regulation.due import Due
from safety.regulation.evaluator import Evaluation, evaluate
from safety.regulation.facts import Fact
from safety.values import Party

ZONE = "Asia/Shanghai"
BASE = date(2026, 12, 1)
"""Day 0 of a case unless it says otherwise: every pack is in force."""
VALID = {"minimum_criteria": True}
SAE = {**VALID, "serious": True}
SUSAR = {**SAE, "related_investigator": True, "unexpected": True, "exposed": True}
FATAL = {**SUSAR, "fatal": True}


def on(
    day: int,
    said: Mapping[str, Any] | None = None,
    *,
    party: Party = "sponsor",
    base: date = BASE,
    **more: Any,  # noqa: ANN401, whatever a fact says
) -> Fact:
    """What a party says at 9:30 local time of a day."""
    at = datetime.combine(base + timedelta(days=day), time(9, 30), ZoneInfo(ZONE))
    return Fact(at, party, {**(said or {}), **more})


def site(day: int, said: Mapping[str, Any] | None = None, *, base: date = BASE, **more: Any) -> Fact:  # noqa: ANN401, whatever a fact says
    """What the site says."""
    return on(day, said, party="site", base=base, **more)


def shown(due: Due, base: date = BASE) -> str:
    """An obligation in one line: rule, state, Day 0, and the last day in time, or the hours, or the unit without a number."""
    day0 = (due.day0 - base).days
    head = f"{due.rule.id} {due.state} {day0}"
    if due.due_at is None or due.due_on is None:
        return f"{head} {'UNSURE' if due.rule.requires_confirmation else due.rule.unit}"
    if due.rule.unit == "hour":
        return f"{head}->{(due.due_at - due.starts_at) // timedelta(hours=1)}h"
    return f"{head}->{(due.due_on - base).days}"


def evaluated(packs: str, *facts: Fact, **options: Any) -> Evaluation:  # noqa: ANN401, what evaluate takes
    """Evaluate facts under packs named in one text."""
    return evaluate([packaged_pack(pack) for pack in packs.split()], facts, **{"zone": ZONE, **options})


def owed(packs: str, *facts: Fact, base: date = BASE, **options: Any) -> set[str]:  # noqa: ANN401, what evaluate takes
    """What the facts have come to, each in one line."""
    return {shown(due, base) for due in evaluated(packs, *facts, **options).obligations}
