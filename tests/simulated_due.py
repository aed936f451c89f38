"""What falls due with time in a simulated run, computed from its first alerts and the trial's settings alone: rungs and reminders."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from tests.simulated_world import EVER, Row, Seen


class Timetable(NamedTuple):
    """The settings of the trial: minutes from a first alert to each rung, and from each reminder to what is due."""

    rungs: Sequence[int]
    reminders: Sequence[int]


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
    acknowledged = {row.said["alert"]: row.at for row in seen.of("alert.acknowledged")}
    for row in raised:
        alert = row.said["alert"]
        began, paid = beginning(row, timetable), acknowledged.get(alert, EVER)
        for rung, minutes in enumerate(timetable.rungs, 2):
            due = began + timedelta(minutes=minutes)
            yield FallsDue(f"rung {rung} of {alert}", due, row.at, paid, climbed.get((alert, rung)))
        if "due_at" in row.said and "reminds" not in row.said:
            for reminder, minutes in enumerate(timetable.reminders, 1):
                due = datetime.fromisoformat(row.said["due_at"]) - timedelta(minutes=minutes)
                yield FallsDue(f"reminder {reminder} of {alert}", due, row.at, EVER, reminded.get((alert, reminder)))


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
