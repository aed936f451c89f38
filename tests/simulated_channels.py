"""A simulated mail server and webhook receiver: they take, refuse, hang, or take a message and never say so."""

import asyncio
import json
from typing import TYPE_CHECKING, Literal

from notifications.channels import NotDelivered, Written
from tests.simulated_faults import Mischief
from tests.simulated_world import Try

if TYPE_CHECKING:
    from tests.simulated_process import Life

SAYS_NO: dict[str, dict[Mischief, str]] = {
    "smtp": {"refused": "CONNECTIONREFUSEDERROR", "later": "SMTP-451", "unanswered": "SMTPSERVERDISCONNECTED"},
    "webhook": {"refused": "CONNECTIONREFUSEDERROR", "later": "HTTP-503", "unanswered": "REMOTEDISCONNECTED"},
}
BOUNCE = "SMTP-550"
AS_LONG_AS_IT_TAKES = 3_600.0


class SimulatedChannel:
    """One process's way to a receiver; what arrives there is seen by the world."""

    def __init__(self, life: "Life", name: Literal["smtp", "webhook"]) -> None:
        """Belong to a life of a process."""
        self.name: Literal["maildir", "smtp", "webhook"] = name
        self._life = life
        self._world = life.world

    async def send(self, written: Written) -> int | None:
        """Hand a message over; raises NotDelivered."""
        self._life.go_on()
        tried = self._begin(written)
        try:
            await self._hand_over(tried)
        except NotDelivered as fault:
            tried.outcome = fault.error
            raise
        finally:
            tried.ended = self._world.time
            self._world.tell(self._life.name, self.name, tried.message, tried.attempt, tried.outcome, tried.taken)
        return 250 if self.name == "smtp" else 200

    def _begin(self, written: Written) -> Try:
        body = json.loads(written.body)
        mail = written.mail
        identity = str(mail["Message-ID"]) if self.name == "smtp" else body["message"]
        to = str(mail["To"]).partition("@")[0].upper() if self.name == "smtp" else body["to"]
        alerts = tuple(alert["id"] for alert in body["alerts"])
        attempt, by, now = int(mail["X-Vigilog-Attempt"]), self._life.name, self._world.time
        tried = Try(body["message"], identity, self.name, to, alerts, attempt, by, now)
        self._world.seen.tries.append(tried)
        return tried

    async def _hand_over(self, tried: Try) -> None:
        plan, draw, world = self._world.plan, self._world.draw, self._world
        mischief = draw.choice(plan.mischiefs) if world.strikes(plan.mischief) else None
        if plan.outage[0] <= world.time < plan.outage[1]:
            mischief = "refused"
        await asyncio.sleep(draw.uniform(0.01, 0.5))
        self._life.go_on()
        if mischief == "dies before":
            self._life.crash(f"{self.name} before it was taken")
        if self.name == "smtp" and tried.to == plan.bounces:
            raise NotDelivered(BOUNCE)
        if mischief in {"refused", "later"}:
            raise NotDelivered(SAYS_NO[self.name][mischief])
        if mischief == "hangs":
            await self._hang(tried)
        if mischief == "slow":
            await asyncio.sleep(draw.uniform(5, 40))
            self._life.go_on()
        self._take(tried)
        if mischief == "dies after":
            self._life.crash(f"{self.name} after it was taken")
        if mischief == "unanswered":
            raise NotDelivered(SAYS_NO[self.name][mischief])
        await asyncio.sleep(draw.uniform(0.01, 0.5))
        tried.outcome = "taken"

    async def _hang(self, tried: Try) -> None:
        """Do not answer; the thread that waits for the answer is left behind, and its message may arrive all the same."""
        try:
            await asyncio.sleep(AS_LONG_AS_IT_TAKES)
        except asyncio.CancelledError:
            if self._life.alive and self._world.draw.random() < 0.5:
                asyncio.get_running_loop().call_later(self._world.draw.uniform(0, 20), self._take_late, tried)
            raise

    def _take_late(self, tried: Try) -> None:
        if self._life.alive:
            self._take(tried)

    def _take(self, tried: Try) -> None:
        tried.taken = self._world.time
