"""`vigilog asyncapi`: a document of AsyncAPI 3 in which every reference leads somewhere and no content is promised."""

import json
from collections.abc import Iterator
from functools import reduce
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.command_line import CommandLine

REFERENCE = {"type": "object", "required": ["$ref"], "properties": {"$ref": {"type": "string", "pattern": "^#/"}}}
STRUCTURE = {
    "type": "object",
    "required": ["asyncapi", "info", "channels", "operations", "components"],
    "properties": {
        "asyncapi": {"type": "string", "pattern": r"^3\.\d+\.\d+$"},
        "info": {"type": "object", "required": ["title", "version"]},
        "servers": {"type": "object", "additionalProperties": {"type": "object", "required": ["host", "protocol"]}},
        "channels": {
            "type": "object",
            "minProperties": 1,
            "additionalProperties": {
                "type": "object",
                "required": ["address", "messages"],
                "properties": {
                    "servers": {"type": "array", "items": REFERENCE},
                    "messages": {"type": "object", "minProperties": 1, "additionalProperties": REFERENCE},
                },
            },
        },
        "operations": {
            "type": "object",
            "minProperties": 1,
            "additionalProperties": {
                "type": "object",
                "required": ["action", "channel"],
                "properties": {
                    "action": {"enum": ["send", "receive"]},
                    "channel": REFERENCE,
                    "messages": {"type": "array", "items": REFERENCE},
                },
            },
        },
    },
}
"""What AsyncAPI 3.0.0 requires of the objects that are used here (Info, Server, Channel, Operation, Reference)."""


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> Any:  # noqa: ANN401, whatever the document holds
    return json.loads(CommandLine(Path(tmp_path_factory.mktemp("home")))("asyncapi").out)


def references(of: object) -> Iterator[str]:
    """Every reference in a document."""
    if isinstance(of, dict):
        yield from (value for key, value in of.items() if key == "$ref")
        for value in of.values():
            yield from references(value)
    elif isinstance(of, list):
        for value in of:
            yield from references(value)


def found(document: Any, reference: str) -> Any:  # noqa: ANN401, whatever the document holds
    return reduce(lambda place, part: place[part], reference.removeprefix("#/").split("/"), document)


def test_it_has_the_structure_of_asyncapi_3(document: Any) -> None:  # noqa: ANN401, the same
    jsonschema.validate(document, STRUCTURE)
    for reference in references(document):
        assert found(document, reference) is not None
    assert {operation["action"] for operation in document["operations"].values()} == {"send", "receive"}
    assert {channel["address"] for channel in document["channels"].values()} == {"vigilog.message.due"}


def test_what_it_promises_is_codes_only(document: Any) -> None:  # noqa: ANN401, the same
    ring = document["components"]["schemas"]["Ring"]
    assert ring["properties"].keys() == {"trial", "message"} == set(ring["required"])
    assert ring["additionalProperties"] is False
    payloads = [message["payload"] for message in document["components"]["messages"].values()]
    assert payloads == [{"$ref": "#/components/schemas/Ring"}] * 2


def test_the_structure_that_is_asked_for_can_be_missed(document: Any) -> None:  # noqa: ANN401, the same
    for name in ("info", "channels", "operations"):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate({**document, name: {}}, STRUCTURE)
