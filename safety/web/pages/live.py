"""Where an open page hears that something of its own has changed."""

from asyncio import get_running_loop
from collections.abc import Callable
from http import HTTPStatus

from fastapi import Response
from fastapi.responses import StreamingResponse

from safety.aggregates.account import Account
from safety.journal.states import folded
from safety.values import code, microseconds
from safety.web.addresses import POSITION_DIGITS, whole
from safety.web.asking import Ask, Asked
from safety.web.declaring import Pages
from safety.web.live import OFF, Feed, Follower, lines
from safety.web.policy import granted, own_sites

pages = Pages()

STREAM = "text/event-stream"
UNBUFFERED = {"X-Accel-Buffering": "no", "Cache-Control": "no-store"}


@pages.shows("/trials/{trial}/live", "live.follow")
async def follow(ask: Ask, part: str = "", after: str = "", subject: str = "") -> Response:
    """Tell a page of every change of its part from a position on, for as long as the session lasts; of the past, nothing."""
    feed: Feed = ask.request.app.state.feed
    whose = named(subject)
    if STREAM not in ask.request.headers.get("accept", ""):
        return Response(status_code=HTTPStatus.NOT_ACCEPTABLE)  # who takes no stream would wait for its end for ever
    if ask.past or (subject and whose is None):
        return Response(status_code=HTTPStatus.NO_CONTENT)
    heard = ask.request.headers.get("last-event-id") or after
    known = whole(heard, POSITION_DIGITS)
    seen = ask.at.position if known is None else min(known, ask.at.position)
    follower = Follower(ask.account, ask.trial, part, whose, ask.sites, seen, seen, get_running_loop())
    stream = lines(feed, follower, lambda: microseconds(ask.home.doors.clock()) // 1000, lasting(ask))
    return StreamingResponse(stream, media_type=STREAM, headers=UNBUFFERED)


def named(subject: str) -> str | None:
    """Give the code of a subject; None where it is none."""
    try:
        return code(subject)
    except ValueError:
        return None


def lasting(ask: Asked) -> Callable[[], bool]:
    """Give what says whether a page may still be told: its session goes on, and the account may what it might."""

    def still() -> bool:
        try:
            now = microseconds(ask.home.doors.clock())
            session = ask.home.sessions.find(ask.secret, now=now, in_use=False)
            state = folded(ask.home.journal.stream(f"-/account/{ask.account}")).slice(Account)
        except OFF:
            return False
        grant = granted(state, ask.action, ask.trial)
        if session is None or grant is None or ask.governs is None:
            return False
        theirs = own_sites(state, tuple(site.id for site in ask.governs.sites)) if grant.relation == "site" else None
        return theirs == ask.sites

    return still
