"""What a program sends: JSON that fits its form; what does not is told by place, never with what was sent."""

from collections.abc import Mapping
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Request
from pydantic import BaseModel, ValidationError
from pydantic_core import InitErrorDetails

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


OTHER_THAN: Mapping[str, tuple[type, ...]] = {
    "int_type": (bool, str),
    "whole_number": (str,),
    "decimal_text": (int, float),
    "code": (int, float),
    "bool_type": (int, float, str),
    "string_type": (int, float),
    "date_type": (int, float),
    "datetime_type": (int, float),
}
"""What JSON sends in the place of something else that the validator would make into it: `true` is no age, and 5 no moment."""
TOLD_AS = {"whole_number": "int_type", "decimal_text": "string_type", "code": "string_type"}
"""By what a program hears of it: a row of a file may hold digits as text, JSON has numbers."""


def read(model: type[Model], raw: bytes) -> Model:
    """Read a body; raises Misfit."""
    try:
        found = model.model_validate_json(raw)
    except ValidationError as fault:
        raise Misfit(fault) from None
    if wrong := mistyped(model, raw):
        raise Misfit(ValidationError.from_exception_data(model.__name__, wrong, input_type="json"))
    return found


def mistyped(model: type[BaseModel], raw: bytes) -> list[InitErrorDetails]:
    """Give what a body says in another type of JSON than its description has.

    A form reads rows of files as well, in which everything is text: it takes more than a program may send.
    """
    try:
        model.model_validate_json(raw, strict=True)
    except ValidationError as fault:
        return [
            InitErrorDetails(type=TOLD_AS.get(one["type"], one["type"]), loc=one["loc"], input=one["input"])
            for one in fault.errors()
            if isinstance(one["input"], OTHER_THAN.get(one["type"], ()))
        ]
    return []


def described_body(model: type[BaseModel]) -> dict[str, Any]:
    """Describe the body of a route by its model, which the description lists by its name."""
    reference = {"$ref": f"#/components/schemas/{model.__name__}"}
    return {"requestBody": {"required": True, "content": {JSON: {"schema": reference}}}}
