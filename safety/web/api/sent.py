"""What a program sends: JSON that fits its form; what does not is told by place, never with what was sent."""

from typing import Annotated, Any, TypeVar

from fastapi import Depends, Request
from pydantic import BaseModel, ValidationError

Model = TypeVar("Model", bound=BaseModel)
JSON = "application/json"


class NotJson(Exception):
    """The body says that it is something else than JSON."""


class Misfit(Exception):
    """The body does not fit its form; carries what the validator found."""

    def __init__(self, fault: ValidationError) -> None:
        """Keep what was found, which is told without what was sent."""
        super().__init__()
        self.fault = fault


async def sent(request: Request) -> bytes:
    """Read the body, once it is settled that who asks may send one; raises NotJson."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != JSON:
        raise NotJson
    return await request.body()


Sent = Annotated[bytes, Depends(sent)]


def read(model: type[Model], raw: bytes) -> Model:
    """Read a body; raises Misfit."""
    try:
        return model.model_validate_json(raw)
    except ValidationError as fault:
        raise Misfit(fault) from None


def described_body(model: type[BaseModel]) -> dict[str, Any]:
    """Describe the body of a route by its model, which the description lists by its name."""
    reference = {"$ref": f"#/components/schemas/{model.__name__}"}
    return {"requestBody": {"required": True, "content": {JSON: {"schema": reference}}}}
