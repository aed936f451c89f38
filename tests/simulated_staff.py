"""Who is there in a simulated run and who hears, and what waits for the day's digest: what people do, and what an onlooker demands."""

import asyncio
import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from safety.aggregates.account import AbsenceSet, Changed
from safety.aggregates.alert import Raised
from safety.aggregates.deciding import Form
from safety.desk import Desk
from tests.builders import built
from tests.simulated_world import EVER, Row, Seen, World

VACANT = "ROLE-VACANT"
OFFICERS = ("CHEN", "WANG")


class Staffing:
    """What happens to the staff, at a desk of its own and by a stream of chance of its own: nothing else is drawn from it."""

    def __init__(self, world: World) -> None:
        """Sit down at the desk."""
        self._world = world
        self.draw = random.Random(f"staff {world.seed}")
        self._desk = Desk(world.journal, world.wall, lambda: self.draw.randbytes(16))

    def _do(self, command: str, form: Form, by: str, command_id: str) -> None:
        self._desk.do(command, form, by=by, command_id=command_id)
        self._world.watch("web")

    def leaves_word(self) -> None:
        """Something is to be known that calls nobody: it waits for the digest."""
        said = {"alert": "A-QUIET", "rule": "REPORT-READY", "role": "safety_officer", "concerning": ("S1/1",)}
        self._do("alert.raise", built(Raised, **said, urgency="digest"), "BOSS", "a-quiet")

    def goes_away(self) -> None:
        """One officer is away for a while, the other covers."""
        begins = self._world.wall() + timedelta(seconds=self.draw.uniform(0, 5))
        ends = begins + timedelta(seconds=self.draw.uniform(15, 60))
        form = AbsenceSet(account="WANG", from_at=begins, until_at=ends, covered_by="CHEN")
        self._do("account.set_absence", form, "WANG", "away")

    def changes(self, role: str) -> Callable[[], None]:
        """Both officers are given another role."""

        def change() -> None:
            for account in OFFICERS:
                form = Changed.model_validate({"account": account, "roles": [role]})
                self._do("account.change", form, "BOSS", f"{account}-{role}")

        return change


def staff_happens(world: World) -> None:
    """Set down what happens to the staff: word is left for the digest; an officer goes away, or for a while there is none."""
    at, staff = asyncio.get_running_loop().call_at, Staffing(world)
    draw = staff.draw
    at(draw.uniform(0, 40), staff.leaves_word)
    if draw.random() < 0.5:
        at(draw.uniform(0, 30), staff.goes_away)
    else:
        at(draw.uniform(1, 15), staff.changes("auditor"))
        at(draw.uniform(25, 130), staff.changes("safety_officer"))


class Vacancy(NamedTuple):
    """A time without an officer, in seconds from the start, and the alert that told of it, if any."""

    since: float
    until: float
    told: Row | None


class Staff:
    """Who was there, from what an onlooker saw."""

    def __init__(self, holders: Mapping[str, Sequence[str]], seen: Seen, *, looks: bool) -> None:
        """`holders`: by role, who holds it at the start; `looks`: whether anybody sweeps."""
        self._looks = looks
        self._holders = holders
        self._seen = seen
        self._changed = seen.of("account.changed")
        self._away = [row.said for row in seen.of("account.absence_set")]
        self._carried: dict[str, list[Row]] = {}
        for row in seen.of("message.composed"):
            for alert in row.said["alerts"]:
                self._carried.setdefault(alert, []).append(row)
        self._released = {row.said["alert"]: row for row in seen.of("alert.released")}

    def hears(self, row: Row) -> list[str]:
        """Say who is to hear of an alert: who fills its role when it is first written to anybody; of a vacant role the operators."""
        when = next(iter(self._carried.get(row.said["alert"], ())), row)
        return self._fills(row.said["role"], when)

    def _fills(self, role: str, when: Row) -> list[str]:
        there = [name for name in self._holds(role, when.position) if not self._is_away(name, when.decided)]
        return there or list(self._holders["operator"])

    def since(self, row: Row) -> float | None:
        """Say since when an alert is owed; None of one that is held for the digest still."""
        if row.said["urgency"] != "digest":
            return row.at
        out = self._released.get(row.said["alert"])
        return None if out is None else out.at

    def _holds(self, role: str, position: int) -> list[str]:
        held = {name: name in self._holders[role] for names in self._holders.values() for name in names}
        held |= {row.said["account"]: role in row.said["roles"] for row in self._changed if row.position < position}
        return sorted(name for name, holds in held.items() if holds)

    def _is_away(self, name: str, now: datetime) -> bool:
        return any(
            one["account"] == name
            and datetime.fromisoformat(one["from_at"]) <= now < datetime.fromisoformat(one["until_at"])
            for one in self._away
        )

    def strangers(self) -> Iterator[str]:
        """Nobody is written to who is away or has no part in it, and nothing before its digest."""
        raised = {row.said["alert"]: row for row in self._seen.of("alert.raised")}
        for alert, messages in self._carried.items():
            role, since = raised[alert].said["role"], self.since(raised[alert])
            for message in messages:
                # Whoever fills the role by the time something is written hears too, as long as it has reached nobody.
                if message.said["to"] not in self._fills(role, message):
                    yield f"WRONG PERSON: alert {alert} was written to {message.said['to']} at {message.at:.1f}"
                if since is None or message.at < since:
                    yield f"EARLY: alert {alert} was written at {message.at:.1f}, before its digest"

    def vacancies(self) -> Iterator[Vacancy]:
        """Give the times in which there was no officer."""
        told = [row for row in self._seen.of("alert.raised") if row.said["rule"] == VACANT and "root" not in row.said]
        began: Row | None = None
        for row in self._changed:
            officers = self._holds("safety_officer", row.position + 1)
            if not officers and began is None:
                began = row
            elif officers and began is not None:
                yield Vacancy(began.at, row.at, _first(told, began.position, row.position))
                began = None
        if began is not None:
            yield Vacancy(began.at, EVER, _first(told, began.position, EVER))

    def imagined(self) -> Iterator[str]:
        """No vacancy is told that there is not."""
        true = {vacancy.told.said["alert"] for vacancy in self.vacancies() if vacancy.told is not None}
        for row in self._seen.of("alert.raised"):
            if row.said["rule"] == VACANT and row.said.get("root", row.said["alert"]) not in true:
                yield f"EARLY: alert {row.said['alert']} tells of a vacancy, and somebody was there"

    def unseen(
        self, limit: Callable[[float, float], float], taken_on: Mapping[str, float], ended: float
    ) -> Iterator[str]:
        """That there is no officer is told by when somebody has to have looked, and settled once there is one again.

        `limit`: of what is owed since a moment and came at another. Where nobody sweeps nobody looks.
        """
        if not self._looks:
            return
        for since, until, told in self.vacancies():
            done = {"told of": (since, EVER if told is None else told.at, until)}
            if told is not None and until < EVER:
                done["settled"] = (until, taken_on.get(told.said["alert"], EVER), EVER)
            for what, (begins, came, over) in done.items():
                if limit(begins, min(came, over)) < min(came, over, ended):
                    yield f"LATE: a vacancy since {since:.1f} was {what} at {came:.1f}"


def _first(rows: Iterable[Row], after: float, before: float) -> Row | None:
    return next((row for row in rows if after < row.position < before), None)


def settled_vacancies(seen: Seen) -> dict[str, float]:
    """Say when each vacancy was settled: nobody has to hear of it any more, as if somebody had taken it on."""
    told = {row.said["alert"] for row in seen.of("alert.raised") if row.said["rule"] == VACANT}
    return {row.said["alert"]: row.at for row in seen.of("alert.settled") if row.said["alert"] in told}
