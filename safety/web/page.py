"""The page for people, rendered on the server: it works with scripts off and loads nothing from anywhere else."""

from collections.abc import Sequence
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from safety.projections.at import utc
from safety.values import moment
from safety.web.standing import Standing

DAY, HOUR, MINUTE = 86_400, 3_600, 60


@cache
def templates() -> Environment:
    """The templates beside this file; every value is escaped, and a name that is not given is an error, not a blank."""
    found = Environment(
        loader=PackageLoader("safety.web"),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters |= {"lasted": lasted, "counted": counted, "day_and_time": day_and_time, "utc": utc}
    return found


def desk_page(at: Standing) -> str:
    """Show that the desk runs, what it holds and what to do next."""
    return templates().get_template("desk.html").render(at=at)


def not_ready_page(reasons: Sequence[str]) -> str:
    """Show which parts are not ready, and no number: one that may be stale is not shown as exact."""
    return templates().get_template("not_ready.html").render(reasons=reasons)


def lasted(seconds: float) -> str:
    """Say how long something has lasted, in two units at most, minutes only under a day."""
    if seconds < MINUTE:
        return "less than a minute"
    days, rest = divmod(int(seconds), DAY)
    hours, minutes = rest // HOUR, rest % HOUR // MINUTE
    first, second = ((days, "day" if days == 1 else "days"), (hours, "h")) if days else ((hours, "h"), (minutes, "min"))
    return " ".join(f"{number} {unit}" for number, unit in (first, second) if number)


def counted(number: int, one: str) -> str:
    """Put a noun behind its number."""
    return f"{number:,} {one}" if number == 1 else f"{number:,} {one}s"


def day_and_time(microseconds: int) -> str:
    """Write a time of the log as `21 Sep 2018, 02:14 UTC`."""
    at = moment(microseconds)
    return f"{at.day} {at:%b %Y, %H:%M} UTC"
