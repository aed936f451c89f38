"""The ladder of a trial: who hears of what is owed, in what order, after how long, until a named human acknowledges it."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Annotated, Literal, NamedTuple, Self
from zoneinfo import ZoneInfo

from pydantic import Field, model_validator

from safety.regulation.counting import Part
from safety.values import Role

Urgency = Literal["urgent", "digest"]
"""`urgent`: brought to people at once, and up the ladder; `digest`: held until the role's time of day."""

DAY_MINUTES = 24 * 60
WEEK_MINUTES = 7 * DAY_MINUTES
Minutes = Annotated[int, Field(ge=0, le=8 * WEEK_MINUTES)]
Wait = Annotated[int, Field(ge=1, le=8 * WEEK_MINUTES)]
TimeOfDay = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]


class Rung(Part):
    """Who hears next, so many minutes after the alert was raised, if nobody has acknowledged it by then."""

    role: Role
    after_minutes: Wait


class DigestTime(Part):
    """The local time of day, in the trial's zone, at which a role hears of what is not urgent."""

    role: Role
    at: TimeOfDay


class Step(NamedTuple):
    """One rung as it is climbed: who hears, how long after the first, and the how manieth repeat of the last rung it is."""

    role: Role
    after: timedelta
    repeat: int


class Ladder(Part):
    """Whom an alert goes to after the role that its rule names, which is rung 1 at once; a trial file states it as `[ladder]`.

    After its last rung a ladder repeats that rung, at intervals that double up to a day, until somebody acknowledges.
    `urgent`, `digest`: the rungs of each urgency; a digest without rungs is said once. `reminders`: minutes before a due
    time, the furthest first, 0 at it. `digests`: the roles whose digest is at another time of day than `digest_at`.
    The defaults are this program's own, after common on-call practice; no guideline sets them.
    """

    urgent: tuple[Rung, ...] = Field(
        default=(
            Rung(role="safety_officer", after_minutes=15),
            Rung(role="operator", after_minutes=30),
            Rung(role="operator", after_minutes=60),
        ),
        min_length=1,
    )
    digest: tuple[Rung, ...] = ()
    reminders: tuple[Minutes, ...] = (3 * DAY_MINUTES, DAY_MINUTES, 4 * 60, 0)
    digest_at: TimeOfDay = "08:00"
    digests: tuple[DigestTime, ...] = ()

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        for name, rungs in (("urgent", self.urgent), ("digest", self.digest)):
            if any(later.after_minutes <= earlier.after_minutes for earlier, later in pairwise(rungs)):
                raise ValueError(f"{name}: each rung must come later than the one before it")
        if any(later >= earlier for earlier, later in pairwise(self.reminders)):
            raise ValueError("reminders: minutes before the due time, the furthest first and each once")
        if len({digest.role for digest in self.digests}) < len(self.digests):
            raise ValueError("digests: one time a role")
        return self

    def rungs(self, urgency: Urgency) -> tuple[Rung, ...]:
        """Give the rungs after the first one."""
        return self.urgent if urgency == "urgent" else self.digest

    @property
    def roles(self) -> frozenset[Role]:
        """Every role that the ladder counts on."""
        return frozenset(rung.role for rung in (*self.urgent, *self.digest))

    def step(self, urgency: Urgency, rung: int) -> Step | None:
        """Give the step to a rung, from 2; beyond the last one it is repeated; None where an urgency has no rungs."""
        rungs = self.rungs(urgency)
        if not rungs:
            return None
        last = rungs[min(rung - 2, len(rungs) - 1)]
        repeat = max(0, rung - 1 - len(rungs))
        gap = last.after_minutes - (rungs[-2].after_minutes if len(rungs) > 1 else 0)
        # Two to the eleventh is more minutes than a day has.
        waits = sum(min(gap * 2 ** min(count, 11), DAY_MINUTES) for count in range(1, repeat + 1))
        return Step(last.role, timedelta(minutes=last.after_minutes + waits), repeat)

    def between(self, urgency: Urgency, rung: int) -> timedelta | None:
        """Say how long after a rung the next one is due; None where nobody else is to hear."""
        following = self.step(urgency, rung + 1)
        here = self.step(urgency, rung) if rung > 1 else None
        if following is None:
            return None
        return following.after - (here.after if here is not None else timedelta(0))

    def digest_after(self, role: Role, after: datetime, zone: str) -> datetime:
        """Give the first digest of a role after a moment, in UTC."""
        at = next((digest.at for digest in self.digests if digest.role == role), self.digest_at)
        hour, minute = map(int, at.split(":"))
        local = after.astimezone(ZoneInfo(zone))
        days = (
            local.replace(hour=hour, minute=minute, second=0, microsecond=0, fold=0) + timedelta(d) for d in range(3)
        )
        # In UTC: a time of day that the clocks skip or repeat is one moment there.
        return next(moment for moment in (day.astimezone(UTC) for day in days) if moment > after)

    def reminder_after(self, due_at: datetime, after: datetime) -> datetime | None:
        """Give the first reminder of a due time that lies after a moment; None when there is none left."""
        moments = (due_at - timedelta(minutes=before) for before in self.reminders)
        return next((moment for moment in moments if moment > after), None)

    @property
    def words(self) -> list[str]:
        """Say the ladder, a sentence a part, as the program prints it."""
        told = ", ".join(f"after {rung.after_minutes} min {spelled(rung.role)}" for rung in self.urgent)
        quiet = ", ".join(f"after {rung.after_minutes} min {spelled(rung.role)}" for rung in self.digest)
        times = [f"for the {spelled(digest.role)} at {digest.at}" for digest in self.digests]
        urgent = (
            f"Urgent: at once the role whose duty it is; if nobody acknowledges, {told}; then the last again and again,"
        )
        return [
            f"{urgent} at intervals that double up to a day.",
            f"Not urgent: in the digest of the role whose duty it is, {', '.join([f'at {self.digest_at}', *times])}"
            + (f"; if nobody acknowledges, {quiet}, and so on." if quiet else "; said once."),
            f"Reminders of a due time: {', '.join(map(before_due, self.reminders)) or 'none'}; a day ahead or more in the digest.",
        ]


def spelled(role: Role) -> str:
    """Write a role as people say it."""
    return role.replace("_", " ")


def before_due(minutes: int) -> str:
    """Say how long before a due time, in the largest unit that says it whole."""
    if minutes == 0:
        return "at it"
    for size, unit in ((DAY_MINUTES, "d"), (60, "h")):
        if minutes % size == 0:
            return f"{minutes // size} {unit} before"
    return f"{minutes} min before"
