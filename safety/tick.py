"""What time alone brings about: asked at every tick, however late, doubled or missed; it changes when, never what."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial, wraps
from itertools import count
from typing import Protocol, TypeVar

from safety.aggregates.account import OPERATOR
from safety.aggregates.alert import Raised, Released, Settled, alert_id
from safety.aggregates.alerting import A_DAY, NothingOwed, NotYet, reminder_id, rung_id
from safety.aggregates.clock_alert import alert_of
from safety.aggregates.deciding import Form
from safety.aggregates.ladder import Urgency
from safety.aggregates.obligation import Reviewed
from safety.desk import Desk, Done
from safety.journal import Unavailable
from safety.projections import Connection, Views
from safety.projections.at import At
from safety.projections.falling_due import Due, raised_by_rule, reminders_due, rungs_due, settled, unpaid, untold_clocks
from safety.projections.obligations import Review, governed_trials, reviews_owed
from safety.projections.on_duty import Vacancy, people, vacancies
from safety.projections.trials import governing
from safety.reachability import counted_on, sites_apart
from safety.values import microseconds

CLOCK_JUMPED = "CLOCK-JUMPED"
ROLE_VACANT = "ROLE-VACANT"
TOLERANCE = timedelta(minutes=1)
"""A clock that is put right by less than this is no news."""
MOST = 1_000
"""How many alerts one tick raises at most; a clock that jumped ahead by years must not keep a tick busy for hours."""

T = TypeVar("T")
Duty = Callable[[Desk, Connection, datetime], int]
"""Raises what has fallen due by a moment and says how much that was; what it raises is named by what is due, never by when."""

LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
"""Before anything that a log can owe."""


class Dated(Protocol):
    """A duty that can leave alone what fell due up to a moment."""

    def __call__(self, desk: Desk, connection: Connection, now: datetime, since: datetime = ..., /) -> int:
        """Raise what has fallen due after `since` and by `now`, and say how much that was."""
        ...


Ticked = Counter[str]
"""How much each duty raised, by its name."""


def tick(
    desk: Desk,
    views: Views,
    now: datetime,
    *,
    drift: timedelta = timedelta(0),
    duties: Sequence[Duty] | None = None,
) -> Ticked:
    """Raise everything that has fallen due by `now` and was not raised, and say what that was.

    `drift`: how much further the wall clock went than the monotonic one since the last tick.

    Raises:
        Unavailable: the machine refused; what was raised until then is raised, the rest at the next tick.
        Exception: a duty failed, the first that did; the others were done all the same.

    """
    found: Ticked = Counter()
    while found.total() < MOST:
        views.catch_up(desk.journal)
        with views.connect() as connection:
            asked_for = [(each.__name__, partial(each, desk, connection, now)) for each in duties or DUTIES]
            if not found:
                asked_for.append(("clock", partial(clock_jumped, desk, connection, now, drift)))
            round_ = Counter(dict(all_done(asked_for)))
        found.update(round_)
        if not round_.total():
            break
    return +found


def all_done(asked_for: Iterable[tuple[T, Callable[[], int]]]) -> list[tuple[T, int]]:
    """Do each, and give what it came to; where one fails the others are done first, for they may be other trials'.

    Raises what the first that failed has raised; at once what the machine refuses.
    """
    came_to, failed = [], []
    for name, do in asked_for:
        try:
            came_to.append((name, do()))
        except Unavailable:
            raise
        except Exception as fault:  # noqa: BLE001, whatever it is, it is raised below
            failed.append(fault)
    if failed:
        raise failed[0]
    return came_to


def lately(duty: Dated) -> Duty:
    """Give a duty as a demo's log has it: what fell due more than a day ago is the story's past, and calls nobody now."""

    @wraps(duty)
    def of_late(desk: Desk, connection: Connection, now: datetime) -> int:
        return duty(desk, connection, now, now - A_DAY)

    return of_late


def ladders(desk: Desk, connection: Connection, now: datetime, since: datetime = LONG_AGO) -> int:
    """Climb every rung that is due and let out every digest whose time has come."""
    raised = 0
    for due in rungs_due(connection, microseconds(now), microseconds(since)):
        raised += release(desk, due) if due.held else climb(desk, due, now, MOST - raised)
        if raised >= MOST:
            break
    return raised


def release(desk: Desk, due: Due) -> int:
    """Let one alert out with its digest."""
    form = Released(trial=due.trial, alert=due.alert)
    return newly(desk, "alert.release", form, f"release-{due.alert}")


def climb(desk: Desk, due: Due, now: datetime, most: int) -> int:
    """Climb the rungs of one chain that are due by now."""
    root = as_raised(due)
    for climbed in range(most):
        rung = due.reached + 1 + climbed
        alert = rung_id(root, rung)
        form = root.model_copy(update={"alert": alert, "root": due.alert, "rung": rung})
        done = asked(desk, "alert.escalate", form, f"rung-{alert}")
        if done is None:
            return climbed
        following = done.events[0].__dict__["next_at"]
        if following is None or following > now:
            return climbed + 1
    return most


def reminders(desk: Desk, connection: Connection, now: datetime, since: datetime = LONG_AGO) -> int:
    """Remind of everything whose reminder is due and that is not settled."""
    raised = 0
    for due in reminders_due(connection, microseconds(now), microseconds(since)):
        of = as_raised(due)
        alert = reminder_id(of, due.reminded + 1)
        form = of.model_copy(update={"alert": alert, "reminds": due.alert, "reminder": due.reminded + 1})
        raised += newly(desk, "alert.remind", form, f"remind-{alert}")
    return raised


def nearing(desk: Desk, connection: Connection, now: datetime, since: datetime = LONG_AGO) -> int:
    """Give each clock that an import told in its digest an alert of its own when its first reminder is due."""
    ladders_of = {trial: governs.ladder for trial, governs in governing(connection)}
    ahead = max((ladder.reminders[0] for ladder in ladders_of.values() if ladder.reminders), default=0)
    raised = 0
    for untold in untold_clocks(connection, microseconds(now), timedelta(minutes=ahead) // timedelta(microseconds=1)):
        first = ladders_of[untold.clock.trial].reminder_after(untold.due_at, untold.opened_at)
        if raised >= MOST or first is None or not since < first <= now:
            continue
        urgency: Urgency = "digest" if untold.due_at - now >= A_DAY else "urgent"
        form = alert_of(untold.clock).model_copy(update={"urgency": urgency})
        raised += newly(desk, "alert.raise", form, f"raise-{form.alert}")
    return raised


def reviews(desk: Desk, connection: Connection, _now: datetime) -> int:
    """Look again at the duties of everybody for whom what governs them, or a dose, has changed since the last look."""

    def review(owed: Review) -> int:
        form = Reviewed(trial=owed.trial, subject=owed.subject)
        return newly(desk, "obligation.review", form, f"review-{owed.trial}/{owed.subject}-{owed.since}")

    owed = reviews_owed(connection, At(Views.position(connection)), limit=MOST)
    return sum(paid for _, paid in all_done((one, partial(review, one)) for one in owed))


def vacant_roles(desk: Desk, connection: Connection, now: datetime) -> int:
    """Tell the operators of each role that a trial counts on and nobody fills, before an alert has nowhere to go.

    A vacancy that is filled is settled, and told anew should it come back.
    """
    raised, standing, known, governed = 0, set(), people(connection), governed_trials(connection)
    for trial, governs in governing(connection):
        roles = counted_on(governs, governed=trial in governed)
        for vacancy in vacancies(known, trial, roles, now, sites_apart(governs)):
            alert = of_vacancy(connection, vacancy)
            standing.add(alert)
            if settled(connection, alert) is None:
                concerning = (vacancy.role.upper(), *(() if vacancy.site is None else (vacancy.site,)))
                form = Raised(trial=trial, alert=alert, rule=ROLE_VACANT, role="operator", concerning=concerning)
                raised += newly(desk, "alert.raise", form, f"raise-{alert}")
    for due in unpaid(connection, ROLE_VACANT):
        if due.alert not in standing:
            form_of = Settled(trial=due.trial, alert=due.alert)
            raised += newly(desk, "alert.settle", form_of, f"settle-{due.alert}")
    return raised


def of_vacancy(connection: Connection, vacancy: Vacancy) -> str:
    """Give the id of a vacancy's alert; one that was filled and is vacant again is another."""
    stream = f"{vacancy.trial}/trial" if vacancy.site is None else f"{vacancy.trial}/trial/{vacancy.site}"
    ids = (alert_id(stream, vacancy.since, ROLE_VACANT, vacancy.role, time) for time in count(1))
    return next(alert for alert in ids if not settled(connection, alert))


DUTIES: tuple[Duty, ...] = (ladders, reminders, nearing, reviews, vacant_roles)
"""What falls due with time; each line is asked at every tick, until a round of them finds nothing more."""
DUTIES_OF_DEMO: tuple[Duty, ...] = (lately(ladders), lately(reminders), lately(nearing), reviews)
"""The same of a demo's log, whose story ended years ago: what is filed into it now climbs, the story's rungs do not.

Its people are made up: that nobody of them fills a role is no news.
"""


def clock_jumped(desk: Desk, connection: Connection, now: datetime, drift: timedelta) -> int:
    """Raise one alert for a clock that is behind the log, or that went another way than the monotonic one.

    While a clock is behind, the log's own times stand almost still: an alert that was raised within the last minute of
    those is about the same jump.
    """
    log = desk.journal.head().recorded_at
    tolerance = TOLERANCE // timedelta(microseconds=1)
    if log - microseconds(now) <= tolerance and abs(drift) <= TOLERANCE:
        return 0
    count, last = raised_by_rule(connection, "-", CLOCK_JUMPED)
    if last is not None and log - last <= tolerance:
        return 0
    alert = alert_id("-/log", count + 1, CLOCK_JUMPED, "operator", 1)
    form = Raised(trial="-", alert=alert, rule=CLOCK_JUMPED, role="operator", concerning=())
    return newly(desk, "alert.raise", form, f"raise-{alert}")


def as_raised(due: Due) -> Raised:
    """Give the root of a chain as a form: what is asked for with it follows from the log, not from what it says."""
    said = due._asdict()
    return Raised.model_validate({name: said[name] for name in ("trial", "alert", "rule", "role", "concerning")})


def asked(desk: Desk, command: str, form: Form, command_id: str) -> Done | None:
    """Ask the desk for what is due; None where it is there: another tick was first, or somebody acknowledged meanwhile."""
    try:
        done = desk.do(command, form, by=OPERATOR, command_id=command_id)
    except (NothingOwed, NotYet):
        return None
    return done if done.events and not done.repeated else None


def newly(desk: Desk, command: str, form: Form, command_id: str) -> int:
    """Ask for what is due, and say whether it is new: 1 or 0."""
    return int(asked(desk, command, form, command_id) is not None)
