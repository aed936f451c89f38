"""The API's description: FastAPI's own, with how one signs in, the shape of a problem, and the forms of the commands."""

import json
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from safety.web.api.problems import Problem
from safety.web.api.routes import GROUPS

TOLD = """Everything that the screens do, for programs. Every read takes `as_of`: a position of the log, a date (its end) or a
time in the trial's zone. A command takes an `Idempotency-Key`: the id of the act. The same key with the same body gives what
the first gave; with another body it is refused. What must be signed takes `signature`: a token alone cannot sign. What is
not yours is not there. Answers to what cannot be are problems (RFC 9457)."""
TOKEN = {
    "type": "http",
    "scheme": "bearer",
    "description": "A token made on /me/tokens; it narrows what its account may.",
}
SECURITY: list[dict[str, list[str]]] = [{"token": []}]
REF = "#/components/schemas/{model}"


def described(app: FastAPI) -> dict[str, Any]:
    """Describe the API once."""
    if app.openapi_schema is None:
        found = get_openapi(
            title="Vigilog", version=app.version, summary=app.summary, description=TOLD, routes=app.routes
        )
        components = found.setdefault("components", {})
        components["securitySchemes"] = {"token": TOKEN}
        schemas = components.setdefault("schemas", {})
        schemas |= forms()
        for path, operations in found["paths"].items():
            if path.startswith("/api/v1/"):
                for operation in operations.values():
                    operation["security"] = SECURITY
        app.openapi_schema = found
    return app.openapi_schema


def forms() -> dict[str, Any]:
    """Give the schemas of what FastAPI does not see: the bodies, and the shape of a problem."""
    models: list[type[BaseModel]] = [Problem, *dict.fromkeys(body for group in GROUPS for body in group.bodies)]
    found = models_json_schema([(model, "validation") for model in models], ref_template=REF)[1]["$defs"]
    # Two classes of one name are told apart by their modules; where those lie is nobody's business.
    schemas: dict[str, Any] = json.loads(json.dumps(found).replace("safety__aggregates__", ""))
    return schemas
