"""A periodic report as the log keeps it, shown as it was issued: nothing in it runs, loads or leads anywhere."""

import re
from base64 import b64encode
from hashlib import sha256
from typing import NamedTuple

from fastapi import Response
from fastapi.responses import HTMLResponse

from safety.aggregates.periodic_report import Acknowledged, Issued, Submitted, stream_of
from safety.web.asking import Asked
from safety.web.streams import events_of

STYLE = re.compile(r"<style>(.*?)</style>", re.DOTALL)


class Happened(NamedTuple):
    """Something that became of a report: the event, its position, when it was recorded (microseconds), and by whom."""

    event: Submitted | Acknowledged
    position: int
    at: int
    by: str


def issued_report(ask: Asked, kind: str, period: str) -> Issued | None:
    """Give a report that was issued up to the moment; None where there is none."""
    told = events_of(ask, stream_of(ask.trial, kind, period))
    return next((one.event for one in told if isinstance(one.event, Issued)), None)


def became(ask: Asked, kind: str, period: str) -> list[Happened]:
    """List what became of a report up to the moment, in order."""
    told = events_of(ask, stream_of(ask.trial, kind, period))
    return [
        Happened(one.event, one.position, one.recorded_at, one.about().by)
        for one in told
        if isinstance(one.event, Submitted | Acknowledged)
    ]


def sandboxed(html: str) -> Response:
    """Answer with a stored page in a sandbox: no script, no form, nothing loaded; its own style sheets alone, by their hash."""
    digests = (b64encode(sha256(style.encode()).digest()).decode() for style in STYLE.findall(html))
    styles = " ".join(f"'sha256-{digest}'" for digest in digests) or "'none'"
    policy = (
        f"sandbox; default-src 'none'; style-src {styles}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return HTMLResponse(html, headers={"Content-Security-Policy": policy})


def downloaded(text: str, kind: str, media: str, name: str) -> Response:
    """Answer with a stored text as a file, byte by byte as it was hashed."""
    headers = {"Content-Disposition": f'attachment; filename="{name}.{kind}"'}
    return Response(text.encode(), media_type=f"{media}; charset=utf-8", headers=headers)
