"""Declares the API's routes: each names its action of the policy, the model of its answer, and how it is described."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any, TypeVar

from fastapi import APIRouter, Depends
from pydantic import BaseModel

from safety.web.api.admission import ProgramAdmission, ReadAdmission
from safety.web.api.problems import MEDIA_TYPE, TITLES
from safety.web.api.sent import described_body
from safety.web.declaring import NotedRoute

Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])
VERSION = "/api/v1"
PROBLEMS = {
    400: "The moment is none, or the request cannot be understood.",
    401: "No token that holds, and no session.",
    403: "The token is not for this, or a browser's request came without its token.",
    404: "There is no such thing, or it is not yours: the answer is the same.",
    413: "The body is larger than any form can be.",
    422: "A field does not fit, or a rule of the domain refuses; nothing was stored.",
    429: "Too many requests of this address, token or account; Retry-After says how many seconds to wait.",
    503: "The desk is not ready; nothing was stored.",
}
"""What any route may answer instead."""
OF_WRITES = {
    409: "The Idempotency-Key was used for something else, or the request looks at the past.",
    415: "The body is not JSON.",
}


def described(told: dict[int, str]) -> dict[int | str, dict[str, Any]]:
    """Give the problems of a route as OpenAPI has them."""
    reference = {"$ref": "#/components/schemas/Problem"}
    return {
        status: {
            "description": f"{TITLES.get(HTTPStatus(status), HTTPStatus(status).phrase)}. {text}",
            "content": {MEDIA_TYPE: {"schema": reference}},
        }
        for status, text in told.items()
    }


class Endpoints(APIRouter):
    """A group of the API's routes; `bodies` are the models of what they are sent."""

    def __init__(self) -> None:
        """Hold no route yet."""
        super().__init__(route_class=NotedRoute)
        self.bodies: list[type[BaseModel]] = []

    def reads(self, path: str, action: str, answers: type[BaseModel]) -> Callable[[Endpoint], Endpoint]:
        """Declare what is asked with GET, at any moment."""
        guard = [Depends(ReadAdmission(action))]
        return self.api_route(
            f"{VERSION}{path}",
            methods=["GET"],
            dependencies=guard,
            response_model=answers,
            responses=described(PROBLEMS),
            operation_id=f"{action}{path}",
            tags=[action.partition(".")[0]],
        )

    def does(
        self, path: str, action: str, answers: type[BaseModel], *, body: type[BaseModel] | None = None, **said: Any  # noqa: ANN401, as APIRouter takes it
    ) -> Callable[[Endpoint], Endpoint]:  # fmt: skip
        """Declare what is sent with POST; one that takes a body takes JSON of that model."""
        if body is not None:
            self.bodies.append(body)
            said["openapi_extra"] = described_body(body)
        said.setdefault("operation_id", f"{action}{path}:post")
        said.setdefault("tags", [action.partition(".")[0]])
        return self.api_route(
            f"{VERSION}{path}",
            methods=["POST"],
            dependencies=[Depends(ProgramAdmission(action))],
            response_model=answers,
            responses=described(PROBLEMS | OF_WRITES) | said.pop("responses", {}),
            **said,
        )
