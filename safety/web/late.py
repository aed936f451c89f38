"""The mark of a late entry: what happened or was learned of long before it is filed is taken, and says so (ALCOA: contemporaneous)."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from safety.aggregates.adverse_event import FollowedUp, Reported
from safety.values import DAY_SECONDS, seconds, span
from safety.web.asking import Asked

AWARE_BEFORE = timedelta(hours=24)
ONSET_BEFORE = 7
"""Days. Both are marks for the reader; no clock and no rule depends on them."""


def late(ask: Asked, form: Reported | FollowedUp | None) -> str:
    """Say how long before the present moment it was learned of, or began; nothing where that is not long."""
    if form is None:
        return ""
    if form.aware is not None and ask.moment - form.aware.at > AWARE_BEFORE:
        told = ask.show.lasted((ask.moment - form.aware.at).total_seconds())
        return ask.words("Late entry: it was learned of %(time)s before this is filed.", time=told)
    if isinstance(form, Reported) and form.started_on is not None:
        zone = ZoneInfo(ask.governs.zone if ask.governs else "UTC")
        today = seconds(ask.moment.astimezone(zone).date())
        days = (today - span(form.started_on)[1]) // DAY_SECONDS + 1
        if days > ONSET_BEFORE:
            return ask.words("Late entry: it began %(n)d days before this is filed.", n=days)
    return ""
