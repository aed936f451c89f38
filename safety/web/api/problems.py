"""How the API says that something cannot be: one sentence, where it lies, and never what somebody wrote (RFC 9457)."""

from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field

MEDIA_TYPE = "application/problem+json"
TITLES = {
    HTTPStatus.UNPROCESSABLE_ENTITY: "Unprocessable Content",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "Content Too Large",
}
"""The present names of what Python 3.11 calls by an older one."""


class Fault(BaseModel):
    """What is wrong at one place of the request."""

    model_config = ConfigDict(extra="forbid")

    field: str = Field(description="JSON Pointer into the body, or the name of a parameter", examples=["/form/AESTDTC"])
    message: str = Field(description="What is wrong there, in words; never what was sent.")


class Problem(BaseModel):
    """Why a request was not done (RFC 9457). Nothing was stored."""

    model_config = ConfigDict(extra="forbid")

    type: str = "about:blank"
    title: str = Field(description="The status in words.")
    status: int
    detail: str = Field(description="One sentence: what, where, and what to do.")
    errors: list[Fault] = Field(default_factory=list)


def problem(
    status: int, detail: str, errors: Iterable[Fault] = (), headers: Mapping[str, str] | None = None
) -> Response:
    """Answer with a problem."""
    known = HTTPStatus(status)
    told = Problem(title=TITLES.get(known, known.phrase), status=status, detail=detail, errors=list(errors))
    return JSONResponse(told.model_dump(mode="json"), status, dict(headers or {}), media_type=MEDIA_TYPE)


def faults(found: Iterable[Mapping[str, Any]]) -> list[Fault]:
    """Tell what a validator found, by place; without the input, which may be somebody's free text."""
    return [Fault(field=place(fault), message=said(fault)) for fault in found]


def place(fault: Mapping[str, Any]) -> str:
    """Write a place as a JSON Pointer (RFC 6901), without the names that who asks has made up."""
    loc: Sequence[int | str] = fault["loc"]
    if fault["type"] == "extra_forbidden":
        loc = loc[:-1]
    elif loc and loc[-1] == "[key]":
        loc = loc[:-2]
    return "/" + "/".join(str(step).replace("~", "~0").replace("/", "~1") for step in loc)


def said(fault: Mapping[str, Any]) -> str:
    """Give a validator's sentence; one of its kinds repeats what was sent."""
    if fault["type"] == "json_invalid":
        return "this is no JSON"
    if fault["type"] in {"extra_forbidden", "unexpected_keyword_argument"}:
        return "a field that is not of this form stands here"
    return str(fault["msg"]).removeprefix("Value error, ")
