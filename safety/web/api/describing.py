"""The API's description: FastAPI's own, with how one signs in, the shape of a problem, and the forms of the commands."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from safety.web.api.problems import Problem

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
        problem = Problem.model_json_schema(ref_template=REF)
        schemas |= problem.pop("$defs") | {"Problem": problem}
        for path, operations in found["paths"].items():
            if path.startswith("/api/v1/"):
                for operation in operations.values():
                    operation["security"] = SECURITY
        app.openapi_schema = found
    return app.openapi_schema
