"""What falls due with time in a simulated run, computed from its first alerts and the trial's settings alone: rungs and reminders."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta, timezone
from typing import NamedTuple

from tests.simulated_staff import settled_vacancies
from tests.simulated_world import EVER, FIRST_WAIT, LONGEST_WAIT, Row, Seen


class Timetable(NamedTuple):
    """The settings of the trial: minutes from a first alert to each rung, and from each reminder to what is due.

    `digest`: hour and minute in Shanghai at which what is not urgent is let out; None where nobody looks.
    """

    rungs: Sequence[int]
    reminders: Sequence[int]
    digest: tuple[int, int] | None = None


class FallsDue(NamedTuple):
    """Something that time brings: due at a moment, if the run had come so far `after` seconds, unless paid `until` then."""

    what: str
    due: datetime
    after: float
    until: float
    came: Row | None


def falls_due(seen: Seen, timetable: Timetable) -> Iterator[FallsDue]:
    """Give every rung and every reminder that could fall due, and the alert that it came to, if any."""
    raised = [row for row in seen.of("alert.raised") if row.said["STUDYID"] != "-" and "root" not in row.said]
    climbed = {(row.said["root"], row.said["rung"]): row for row in seen.of("alert.raised") if "root" in row.said}
    reminded = {(row.said["reminds"], row.said["reminder"]): row for row in raised if "reminds" in row.said}
    released = {row.said["alert"]: row for row in seen.of("alert.released")}
    taken_on = paid(seen)
    for row in raised:
        alert = row.said["alert"]
        began, until = beginning(row, timetable), taken_on.get(alert, EVER)
        if row.said["urgency"] == "digest":
            if timetable.digest is not None:
                due = let_out(row.decided, *timetable.digest)
                yield FallsDue(f"digest of {alert}", due, row.at, until, released.get(alert))
            continue
        for rung, minutes in enumerate(timetable.rungs, 2):
            due = began + timedelta(minutes=minutes)
            yield FallsDue(f"rung {rung} of {alert}", due, row.at, until, climbed.get((alert, rung)))
        if "due_at" in row.said and "reminds" not in row.said:
            for reminder, minutes in enumerate(timetable.reminders, 1):
                due = datetime.fromisoformat(row.said["due_at"]) - timedelta(minutes=minutes)
                yield FallsDue(f"reminder {reminder} of {alert}", due, row.at, EVER, reminded.get((alert, reminder)))


def paid(seen: Seen) -> dict[str, float]:
    """Say when each chain was paid: somebody took it on, or the vacancy that it tells of was filled."""
    found = {row.said["alert"]: row.at for row in seen.of("alert.acknowledged")}
    for alert, at in settled_vacancies(seen).items():
        found[alert] = min(at, found.get(alert, EVER))
    return found


SHANGHAI = timezone(timedelta(hours=8))


def let_out(decided: datetime, hour: int, minute: int) -> datetime:
    """Give the first digest after a moment."""
    today = decided.astimezone(SHANGHAI).replace(hour=hour, minute=minute, second=0, microsecond=0)
    return today if today > decided else today + timedelta(days=1)


def beginning(row: Row, timetable: Timetable) -> datetime:
    """Say from when the rungs of a chain are counted: from its decision, a reminder's from when it was due, however late it came."""
    if "reminds" not in row.said:
        return row.decided
    return datetime.fromisoformat(row.said["due_at"]) - timedelta(minutes=timetable.reminders[row.said["reminder"] - 1])


def doubled(seen: Seen) -> bool:
    """Say whether a rung was climbed or a reminder given twice."""
    rows = [row.said for row in seen.of("alert.raised") if "root" in row.said or "reminds" in row.said]
    names = {(said.get("root"), said["rung"], said.get("reminds"), said.get("reminder")) for said in rows}
    return len(names) < len(rows)


def delays_over(seconds: float) -> int:
    """How many of the delays 5, 10, 20, 40, 80, 160, then 300 for ever, one after the other, are over."""
    over, delay, until = 0, FIRST_WAIT, FIRST_WAIT
    while until <= seconds:
        over += 1
        delay = min(2 * delay, LONGEST_WAIT)
        until += delay
    return over
