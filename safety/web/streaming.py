"""Pages that take long: sent piece by piece while they are made, so that what they say of how far they are is seen."""

from collections.abc import Iterable, Iterator
from http import HTTPStatus
from typing import Any

from fastapi.responses import Response, StreamingResponse

from safety.web.asking import Asked
from safety.web.rendering import template

A_PIECE = 16_384
"""Characters that are sent at once."""
HOW_FAR = "</progress>"
"""How the element ends behind which a template has said how far it is."""


def streamed(ask: Asked, name: str, status: int = HTTPStatus.OK, **context: Any) -> Response:  # noqa: ANN401, whatever a template shows
    """Answer with a page whose template works while it is written; what cannot be answered is refused before this."""
    page = template(name, ask.words).generate(ask=ask, show=ask.show, **context)
    told = {"Content-Language": ask.words.html, "Vary": "Cookie, Accept-Language"}
    return StreamingResponse(pieces(page), status, told, media_type="text/html; charset=utf-8")


def pieces(page: Iterable[str]) -> Iterator[str]:
    """Join what a template writes into pieces; one ends where the page says how far it is."""
    held: list[str] = []
    size = 0
    for part in page:
        held.append(part)
        size += len(part)
        if size >= A_PIECE or HOW_FAR in part:
            yield "".join(held)
            held, size = [], 0
    yield "".join(held)
