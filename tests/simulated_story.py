"""What happens in the world of a simulated run beside its faults: people file, dates are set, somebody takes alerts on."""

import asyncio
import random
from datetime import timedelta

from safety.aggregates.alert import Acknowledged, Raised
from safety.aggregates.ladder import Ladder, Rung
from safety.desk import Desk
from tests.builders import built, reported
from tests.simulated_broker import SimulatedBroker
from tests.simulated_due import Timetable
from tests.simulated_staff import staff_happens
from tests.simulated_world import World

PEOPLE = {
    "LIN": ("investigator",),
    "CHEN": ("safety_officer",),
    "WANG": ("safety_officer",),
    "BOSS": ("operator",),
}
HOLDERS = {
    role: tuple(name for name, roles in PEOPLE.items() if role in roles) for role in ("safety_officer", "operator")
}


LADDER = Ladder(
    urgent=(Rung(role="safety_officer", after_minutes=1), Rung(role="operator", after_minutes=3)),
    reminders=(1, 0),
    digest_at="18:01",
)
TIMETABLE = Timetable((1, 3, 7, 15, 31, 63, 127, 255, 511, 1023, 2047, 3487), (1, 0), (18, 1))
"""The same told by hand: the last gap of two minutes doubles, up to a day; a reminder a minute before, and one at the due time.

The digest is at 18:01 in Shanghai, a minute after a run begins.
"""


class Story:
    """What people do, at a desk of their own."""

    def __init__(self, world: World) -> None:
        """Sit down at the desk."""
        self._world = world
        self.draw = random.Random(f"story {world.draw.random()}")
        self._desk = Desk(world.journal, world.wall, lambda: world.draw.randbytes(16))

    def files(self, number: int) -> None:
        """An investigator files a serious adverse event."""
        form = reported(serious="Y").model_copy(update={"number": None})
        self._desk.do("adverse_event.report", form, by="LIN", command_id=f"filed-{number}")
        self._world.watch("web")

    def sets_a_date(self) -> None:
        """Something is to be done in little more than a minute, and whoever is to do it is to be reminded."""
        due_at = self._world.wall() + timedelta(seconds=self.draw.uniform(61, 80))
        said = {"alert": "A-DATE", "rule": "REPORT-DUE", "role": "safety_officer", "concerning": ("S1/1",)}
        self._desk.do("alert.raise", built(Raised, **said, due_at=due_at), by="BOSS", command_id="a-date")
        self._world.watch("web")

    def takes_on(self) -> None:
        """Somebody takes on what has been raised until now, whoever has heard of it."""
        seen = self._world.seen
        raised = {row.said.get("root", row.said["alert"]): row.said["STUDYID"] for row in seen.of("alert.raised")}
        for alert in sorted(raised.keys() - {row.said["alert"] for row in seen.of("alert.acknowledged")}):
            form = Acknowledged.model_validate({"trial": raised[alert], "alert": alert})
            by = "BOSS" if raised[alert] == "-" or self._world.plan.staffed else "CHEN"
            self._desk.do("alert.acknowledge", form, by=by, command_id=f"taken-on-{alert}")
            self._world.watch("web")


def happens(world: World, broker: SimulatedBroker | None) -> None:
    """Set down what happens in the world: people file and take on, clocks jump, the broker loses its disk."""
    at, story = asyncio.get_running_loop().call_at, Story(world)
    draw = story.draw
    for number, moment in enumerate(
        sorted(draw.choice((draw.uniform(0, 60), 30.0)) for _ in range(draw.randint(1, 3)))
    ):
        at(moment, story.files, number)
    if world.plan.sweeper and draw.random() < 0.3:
        at(draw.uniform(0, 30), story.sets_a_date)
    first = draw.uniform(50, 150) if world.plan.sweeper else 300.0
    for moment in (first, first + 60.0, 400.0, 600.0):
        at(moment, story.takes_on)
    for moment, seconds in world.plan.jumps:
        at(moment, world.jump, seconds)
    if world.plan.staffed:
        staff_happens(world)
    for moment in world.plan.wipes:
        at(moment, (lambda: None) if broker is None else broker.wipe)
