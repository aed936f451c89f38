"""Where the desk stands: whether its parts answer, and how much it holds, in counts only."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any, Generic, TypeVar

from safety.home import ROOM_BYTES, Home, has_room, writable
from safety.projections.inbox import owed
from safety.projections.obligations import reviews_owed
from safety.projections.trials import trials
from safety.values import microseconds
from safety.web.access import refused_lately

Answer = TypeVar("Answer")
SECOND = 1_000_000
SILENT_FOR = 120 * SECOND
"""How long a part of the worker may go without leaving word."""
OWED_FOR = 300 * SECOND
"""How long an alert may wait until nobody has been told of it."""


@dataclass(frozen=True)
class Standing:
    """What the desk holds at one moment. Times are microseconds from 1970 UTC, ages are seconds."""

    purpose: str
    """What the log is for: production, demo or drill."""
    log_position: int
    recorded_at: int
    """When the log's last entry was recorded."""
    views_position: int
    stopped: tuple[str, ...]
    """The tables that do not go on, each with its position and fault; while there are any, the counts may be too low."""
    trials: Sequence[dict[str, Any]]
    """The trials as the view tells them, each with the number of its alerts that are owed."""
    alerts_owed: int
    oldest_owed_seconds: float
    """How long the oldest owed alert has waited; 0 when none is owed, or when the clock went back."""
    reviews_owed: int
    """How many subjects' duties are still to be looked at again, after what governs them or a dose has changed."""
    silent_seconds: dict[str, float]
    """How long each part of delivery that ever left word has left none: dispatcher, worker, ticks."""
    refused_sign_ins: int
    """How many sign-ins and signatures were refused in the last minute."""
    refused_tokens: int
    """How many API tokens were refused in the last minute."""


class Lately(Generic[Answer]):
    """An answer that is given for a second to all who ask: whoever asks without end makes nobody work more."""

    def __init__(self, ask: Callable[[], Answer], clock: Callable[[], float]) -> None:
        """Ask nothing yet; `clock` gives seconds that never go back."""
        self._ask, self._clock = ask, clock
        self._known: tuple[Answer, float] | None = None
        self._lock = Lock()

    def __call__(self) -> Answer:
        """Give the answer of at most a second ago; who asks while it is found waits for it. Raises what asking raises."""
        with self._lock:
            if self._known is None or self._clock() >= self._known[1]:
                self._known = None
                self._known = self._ask(), self._clock() + 1
            return self._known[0]


def standing(home: Home) -> Standing:
    """Give where the desk stands, after the views have caught up; raises what the log or the tables raise."""
    home.views.catch_up(home.journal)
    now = microseconds(home.doors.clock())
    head = home.journal.head()
    with home.views.connect() as connection:
        at = home.views.now(connection)
        waiting = owed(connection)
        of_trial = Counter(alert["trial"] for alert in waiting)
        reviews = len(reviews_owed(connection, at))
        held = [trial | {"alerts_owed": of_trial[trial["trial"]]} for trial in trials(connection, at)]
    oldest = min((alert["raised_at"] for alert in waiting), default=now)
    return Standing(
        purpose=home.opened.purpose,
        log_position=head.position,
        recorded_at=head.recorded_at,
        views_position=at.position,
        stopped=tuple(home.views.faults()),
        trials=held,
        alerts_owed=len(waiting),
        oldest_owed_seconds=max(0, now - oldest) / 1_000_000,
        reviews_owed=reviews,
        silent_seconds=silences(home),
        refused_sign_ins=refused_lately(home, "refused"),
        refused_tokens=refused_lately(home, "token_refused"),
    )


def silences(home: Home) -> dict[str, float]:
    """Say how many seconds ago each part of the worker left word; never less than none, should the clock have gone back."""
    now = microseconds(home.doors.clock())
    return {part: max(0, now - beat_at) / SECOND for part, beat_at in sorted(home.scratch.beats().items())}


def not_ready(home: Home) -> list[str]:
    """Name the parts that do not answer or do not go on; empty when all is well."""
    parts: dict[str, Callable[[Home], Sequence[str]]] = {
        "log": log,
        "views": views,
        "directory": directory,
        "access log": access_log,
        "sessions": sessions,
        "disk": disk,
    }
    return [f"{part}: {reason}" for part, ask in parts.items() for reason in asked(ask, home)]


def readiness(home: Home) -> tuple[list[str], int]:
    """Give what is not ready and the log's last position, which is 0 where something is not."""
    reasons = not_ready(home)
    return reasons, 0 if reasons else home.journal.head().position


def not_delivering(home: Home) -> list[str]:
    """Say what keeps alerts from reaching anybody; empty when all is well.

    It is apart from `not_ready`: where the worker stands still people must be able to file all the same.
    """
    parts: dict[str, Callable[[Home], Sequence[str]]] = {"worker": worker, "alerts": oldest_alert}
    return [f"{part}: {reason}" for part, ask in parts.items() for reason in asked(ask, home)]


def worker(home: Home) -> Sequence[str]:
    """Ask what the worker's parts have left word of."""
    found = silences(home)
    if not found:
        return ("nothing has left word that it delivers; run `vigilog work`",)
    silent = {part: seconds for part, seconds in found.items() if seconds * SECOND > SILENT_FOR}
    return [f"the part {part} has been silent for {seconds:.0f} s" for part, seconds in silent.items()]


def oldest_alert(home: Home) -> Sequence[str]:
    """Ask how long the oldest owed alert has waited; a table that has stopped cannot tell."""
    home.views.catch_up(home.journal)
    with home.views.connect() as connection:
        waiting = [microseconds(home.doors.clock()) - alert["raised_at"] for alert in owed(connection, 1)]
    late = [f"the oldest owed one has waited {age / SECOND:.0f} s" for age in waiting if age > OWED_FOR]
    return [*late, *home.views.faults()]


def asked(ask: Callable[[Home], Sequence[str]], home: Home) -> Sequence[str]:
    """Ask one part what is wrong with it; one that cannot even say so does not answer."""
    try:
        return ask(home)
    except Exception as fault:  # noqa: BLE001, whatever the fault, the part is not ready; its text might hold addresses
        return [f"does not answer ({type(fault).__name__})"]


def log(home: Home) -> Sequence[str]:
    """Ask the log whether it can be written to: a desk that only shows takes no report."""
    home.journal.check_writable()
    return ()


def views(home: Home) -> Sequence[str]:
    """Bring the views up to date and list the tables that have stopped."""
    home.views.catch_up(home.journal)
    return home.views.faults()


def directory(home: Home) -> Sequence[str]:
    """Ask the directory for its people."""
    home.directory.people()
    return ()


def access_log(home: Home) -> Sequence[str]:
    """Ask the access log whether it can be written to: who cannot be noted is not let in."""
    home.access.check_writable()
    return ()


def sessions(home: Home) -> Sequence[str]:
    """Ask for a session: without them nobody is signed in."""
    home.sessions.failures("nobody")
    return ()


def disk(home: Home) -> Sequence[str]:
    """Ask the disk of the home for room."""
    if not writable(home.settings.home):
        return ("the home is read-only; make it writable",)
    few = f"the home has less than {ROOM_BYTES // 1_000_000} MB of room; make room on its disk"
    return () if has_room(home.settings.home) else (few,)
