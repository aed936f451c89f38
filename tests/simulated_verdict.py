"""What an onlooker demands of a run: nothing lost, nothing late, nothing twice, nothing early, no receipt for what never arrived."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from itertools import combinations, pairwise, product
from typing import NamedTuple

from notifications.doorbell import AGAIN_SECONDS
from notifications.handler import CHANNEL_SECONDS
from tests.simulated_channels import BOUNCE
from tests.simulated_due import Timetable, delays_over, doubled, falls_due, paid
from tests.simulated_faults import SKEW
from tests.simulated_staff import Staff
from tests.simulated_world import EVER, FIRST_WAIT, LONGEST_WAIT, SWEEP_SECONDS, Excuse, Row, Seen, Try

SLACK = 2.0
"""Seconds that the asides of one sweep and one message may take together, beside what was measured of whole rounds."""

A_WHILE = 200.0
"""Seconds that a run still waits for a reminder; what is due later is left."""


class Unit(NamedTuple):
    """What is owed: an alert to a person by a channel, since a moment."""

    alert: str
    account: str
    channel: str
    since: float


class Verdict(NamedTuple):
    """What was found wrong, a sentence each; and the longest that anything owed had to wait."""

    faults: list[str]
    worst: float


class Expected(NamedTuple):
    """Who is to hear in each role, by which channels, when what falls due, and whose address does not exist."""

    holders: Mapping[str, Sequence[str]]
    channels: Sequence[str]
    timetable: Timetable
    bounces: str | None


class Onlooker:
    """Judges one run from what was seen from outside: the log's rows and what the receivers took."""

    def __init__(self, seen: Seen, expected: Expected, ended: float) -> None:
        """Look at what was seen until the run ended."""
        self.seen = seen
        self.ended = ended
        self._staff = Staff(expected.holders, seen, looks=bool(expected.timetable.rungs))
        _, self._channels, self._timetable, self._bounces = expected
        brokered = any(name.startswith("worker") for name in seen.lives)
        self.round = SWEEP_SECONDS + 2 * seen.longest_round + SLACK + (AGAIN_SECONDS if brokered else 0)
        self._down = [*self._nobody("dispatcher"), *self._nobody("worker")]
        self._roots = {row.said["alert"]: row.said.get("root", row.said["alert"]) for row in seen.of("alert.raised")}
        self._acknowledged = paid(seen)
        self._composed = {row.said["message"]: row for row in seen.of("message.composed")}

    def verdict(self, *, bound: float) -> Verdict:
        """Judge; `bound`: seconds that anything owed may have waited at most, whatever excuses it had."""
        waits = [(unit, self._taken(unit)) for unit in self.units()]
        worst = max([taken - unit.since for unit, taken in waits], default=0.0)
        late = [f"LATE: {worst:.1f} s, in such a run {bound:.1f} s at most"] if bound < worst < EVER else []
        faults = [
            *(f"SURPRISE: {what}" for what in self.seen.surprises),
            *self._lost(),
            *self._late(),
            *late,
            *self._twice(),
            *self._receipts(),
            *self._hurried(),
            *self._time(),
            *self._bounced(),
            *self._staff.strangers(),
            *self._staff.imagined(),
            *self._staff.unseen(self._limit_of_all, self._acknowledged, self.ended),
        ]
        return Verdict(faults, worst)

    def units(self) -> list[Unit]:
        """List what is owed to whom."""
        raised = self.seen.of("alert.raised")
        return [
            Unit(row.said["alert"], account, channel, since)
            for row in raised
            if (since := self._staff.since(row)) is not None
            for account, channel in product(self._staff.hears(row), self._channels)
            if (account, channel) != (self._bounces, "smtp")
        ]

    def paid(self) -> bool:
        """Say whether everything owed has arrived, and the log knows it, and nothing more falls due."""
        if set(self._roots.values()) - self._acknowledged.keys():
            return False
        answers = [
            *self.seen.of("message.sent"),
            *(row for row in self.seen.of("message.failed") if row.said["error"] == BOUNCE),
        ]
        known = {(row.said["message"], row.said["channel"]) for row in answers}
        if not known.issuperset(product(self._composed, self._channels)):
            return False
        due = (each for each in falls_due(self.seen, self._timetable) if each.came is None)
        soon = (each for each in due if self.seen.when(each.due, each.after, self.round) < self.ended + A_WHILE)
        if any(each.what.startswith("reminder") for each in soon):
            return False
        return all(self._taken(unit) < EVER for unit in self.units())

    def _tries(self, unit: Unit) -> list[Try]:
        return [
            tried
            for tried in self.seen.tries
            if unit.alert in tried.alerts and (tried.to, tried.channel) == (unit.account, unit.channel)
        ]

    def _taken(self, unit: Unit) -> float:
        """When it arrived; what somebody has acknowledged before it did has arrived in another way."""
        taken = [tried.taken for tried in self._tries(unit) if tried.taken is not None]
        return min([*taken, self._acknowledged.get(self._roots[unit.alert], EVER)], default=EVER)

    # --- lost, late ---------------------------------------------------------------------------------------------------

    def _lost(self) -> Iterator[str]:
        for unit in self.units():
            if self._taken(unit) == EVER:
                yield f"LOST: alert {unit.alert} never reached {unit.account} by {unit.channel}"

    def _late(self) -> Iterator[str]:
        """From one excuse to the next, and from the last one until it arrives, nothing may lie longer than a sweep."""
        for unit in self.units():
            taken = self._taken(unit)
            limit = self._limit(unit.since, taken, self._excuses(unit))
            if limit < taken < EVER:
                yield f"LATE: alert {unit.alert} to {unit.account} by {unit.channel} at {taken:.1f}, owed by {limit:.1f}"

    def _limit(self, since: float, came: float, excuses: Iterable[Excuse]) -> float:
        limit = since + self.round
        for excuse in sorted(excuses, key=lambda excuse: excuse.start):
            if excuse.start > min(came, limit):
                break
            limit = max(limit, excuse.end + self.round)
        return limit

    def _limit_of_all(self, since: float, came: float) -> float:
        """By when what no single message is about has to have come."""
        return self._limit(since, came, (*self.seen.excuses, *self._down))

    def _excuses(self, unit: Unit) -> Iterator[Excuse]:
        messages = {row.said["message"] for row in self._composed.values() if unit.alert in row.said["alerts"]}
        mine = {message for message in messages if self._composed[message].said["to"] == unit.account}
        for excuse in (*self.seen.excuses, *self._down):
            if excuse.message is None or excuse.message in mine:
                yield excuse
        for tried in self.seen.tries:
            if tried.message in mine:
                wait = self._backoff(tried) if tried.channel == unit.channel else 0.0
                yield Excuse(
                    tried.started,
                    min(tried.ended, tried.started + CHANNEL_SECONDS + SLACK) + wait,
                    None,
                    "it was tried",
                )

    def _backoff(self, tried: Try) -> float:
        """The longest until the next try: as long again as it has been failing, and five seconds; five minutes at most."""
        if tried.outcome == "taken":
            return 0.0
        since = self._failing_since(tried)
        failing = LONGEST_WAIT if self.seen.jumps or since is None else max(0.0, tried.started - since)
        return min(failing, LONGEST_WAIT) + FIRST_WAIT

    def _failing_since(self, tried: Try) -> float | None:
        failed = (
            row.at
            for row in self.seen.of("message.failed")
            if (row.said["message"], row.said["channel"]) == (tried.message, tried.channel)
        )
        return next(failed, None)

    def _nobody(self, kind: str) -> Iterator[Excuse]:
        """Give the times in which no process of a kind was up."""
        named = [lives for name, lives in sorted(self.seen.lives.items()) if name.startswith(kind)]
        gaps = [
            [
                (self.seen.deaths[old], began)
                for (_, old), (began, _) in pairwise([*lives, (EVER, "")])
                if old in self.seen.deaths
            ]
            for lives in named
        ]
        for one in product(*gaps):
            start, end = max((gap[0] for gap in one), default=EVER), min((gap[1] for gap in one), default=0.0)
            if start < end:
                yield Excuse(start, end, None, f"no {kind} was up")

    # --- twice ----------------------------------------------------------------------------------------------------------

    def _twice(self) -> Iterator[str]:
        for unit in self.units():
            identities = sorted({tried.identity for tried in self._tries(unit) if tried.taken is not None})
            if len(identities) > 1:
                yield f"TWICE: alert {unit.alert} reached {unit.account} as {' and '.join(identities)}"
        for (message, channel), tries in self._by_message().items():
            yield from self._resent(message, channel, tries)

    def _by_message(self) -> dict[tuple[str, str], list[Try]]:
        found: dict[tuple[str, str], list[Try]] = {}
        for tried in self.seen.tries:
            found.setdefault((tried.message, tried.channel), []).append(tried)
        return found

    def _resent(self, message: str, channel: str, tries: list[Try]) -> Iterator[str]:
        """A resend is allowed when nobody can know better, under another number; not while a process is still at it."""
        said = (message, channel)
        sent = [row for row in self.seen.of("message.sent") if (row.said["message"], row.said["channel"]) == said]
        for one, other in combinations(tries, 2):
            if one.attempt >= other.attempt:
                yield f"TWICE: message {message} by {channel} was handed over as attempts {one.attempt}, {other.attempt}"
            if other.started < self._let_go(one, sent):
                yield f"TWICE: message {message} by {channel} was in two hands at {other.started:.1f}"
        yield from (
            f"TWICE: message {message} by {channel} was handed over at {tried.started:.1f} and known to be taken"
            for tried in tries
            if sent and tried.started > sent[0].at + SLACK
        )

    def _let_go(self, tried: Try, sent: Sequence[Row]) -> float:
        """When others may take what a process is at: when it has said what came of it, is gone, or the clock ran away."""
        failed = (row for row in self.seen.of("message.failed") if row.said["message"] == tried.message)
        said = (row.at for row in (*sent, *failed) if row.by == tried.life and row.at >= tried.started)
        gone = self.seen.deaths.get(tried.life, EVER)
        refused = (at for at, life in self.seen.refusals if life == tried.life and at >= tried.started)
        jumped = (at for at, _ in self.seen.jumps if at >= tried.started - SLACK)
        ended = () if tried.outcome == "taken" else (tried.ended,)
        return min([gone, *ended, *said, *refused, *jumped], default=EVER)

    # --- receipts, pace -------------------------------------------------------------------------------------------------

    def _receipts(self) -> Iterator[str]:
        tries, known = self._by_message(), set()
        for row in self.seen.of("message.sent"):
            message, channel = row.said["message"], row.said["channel"]
            if (message, channel) in known:
                yield f"RECEIPT: message {message} by {channel} has two"
            known.add((message, channel))
            arrived = [t for t in tries.get((message, channel), []) if t.taken is not None and t.taken <= row.at]
            if row.said["attempt"] not in {tried.attempt for tried in arrived}:
                yield f"RECEIPT: message {message} by {channel} at {row.at:.1f}, and it had not arrived"
        for tried in self.seen.tries:
            composed = self._composed.get(tried.message)
            if composed is None or composed.said["to"] != tried.to:
                yield f"WRONG PERSON: message {tried.message} was handed over for {tried.to}"

    def _time(self) -> Iterator[str]:
        """What time brings comes once, not before its moment, and not a sweep after it unless somebody has acknowledged."""
        if doubled(self.seen):
            yield "TWICE: a rung was climbed, or a reminder given, twice"
        for what, due, after, until, row in falls_due(self.seen, self._timetable):
            if row is not None and self.seen.wall(row.at) < due - timedelta(seconds=SKEW):
                yield f"EARLY: {what} at {self.seen.wall(row.at)}, due {due}"
            came = min(EVER if row is None else row.at, until)
            limit = self._limit_of_all(self.seen.when(due, after, self.round), came)
            if limit < min(came, self.ended):
                yield f"LATE: {what} at {came:.1f}, owed by {limit:.1f}"

    def _bounced(self) -> Iterator[str]:
        """The operator hears of each person whose messages bounce; of the same again while that alert stands, not."""
        told = {name for row in self.seen.of("alert.raised") for name in row.said["concerning"]}
        for row in self.seen.of("message.failed"):
            message = row.said["message"]
            composed = self._composed[message].said
            operators, heard = composed["role"] == "operator", f"ACCOUNT:{composed['to']}" in told
            if row.said["error"] == BOUNCE and not operators and not heard:
                yield f"LOST: message {message} bounced and nobody was told"

    def _hurried(self) -> Iterator[str]:
        """Tries that follow a failure keep to its delays; where the clock jumped, no count is kept."""
        if self.seen.jumps:
            return
        for (message, channel), tries in self._by_message().items():
            since = self._failing_since(tries[0])
            after = [tried for tried in tries if since is not None and tried.started > since]
            for count, tried in enumerate(after, 1):
                over = delays_over(tried.started - (since or 0.0) + 2 * SKEW)
                # A channel whose moment comes while the lease is being taken for another one may have it twice.
                beside = len(self._channels) - 1
                if count > over + beside + self._lost_its_lease(tries, tried.started):
                    yield f"EARLY: message {message} by {channel} was tried again at {tried.started:.1f}, failing since {since}"

    def _lost_its_lease(self, tries: Sequence[Try], until: float) -> bool:
        """Say whether the machine refused something to a process that was at it: what it could not renew another may take."""
        at_it = {tried.life for tried in tries if tried.started < until}
        return any(life in at_it and tries[0].started <= at <= until for at, life in self.seen.refusals)
