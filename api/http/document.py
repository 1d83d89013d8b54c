"""The OpenAPI document: what FastAPI makes of the routes, with what all of them have in common.

How callers show who they are, and what any route may refuse, is written into the document and nowhere else: as
dependencies and models of every route they would be worked through with every request.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute

from api.http.problems import RESPONSES
from api.http.who import Allowed

SECURITY_SCHEMES: dict[str, dict[str, str]] = {
    "HTTPBearer": {
        "type": "http",
        "description": "An API key (llk_…) or a token of the identity provider.",
        "scheme": "bearer",
    },
    "APIKeyHeader": {
        "type": "apiKey",
        "description": "An API key (llk_…).",
        "in": "header",
        "name": "X-API-Key",
    },
}

NOT_OURS = "HTTPValidationError"
"What FastAPI would answer to bad input; here that is problem+json, as every refusal."


class DescribedApp(FastAPI):
    """A FastAPI app whose document tells of refusals and keys too."""

    def openapi(self) -> dict[str, Any]:
        """Return the document; it is put together once."""
        if self.openapi_schema is not None:
            return self.openapi_schema
        document = super().openapi()
        document["components"]["securitySchemes"] = SECURITY_SCHEMES
        for name in (NOT_OURS, "ValidationError"):
            document["components"]["schemas"].pop(name, None)
        for route, operation in _operations(self, document):
            responses = operation["responses"]
            if NOT_OURS in str(responses.get("422")):
                del responses["422"]
            for status, refusal in RESPONSES.items():
                responses.setdefault(str(status), refusal)
            if gate_of(route.dependant) is not None:
                operation["security"] = [{scheme: []} for scheme in SECURITY_SCHEMES]
        return document


def gate_of(dependant: Any) -> Allowed | None:
    """Return what lets callers into a route; None where it is open to all."""
    if isinstance(dependant.call, Allowed):
        return dependant.call
    gates = (gate_of(below) for below in dependant.dependencies)
    return next((gate for gate in gates if gate is not None), None)


def _operations(app: FastAPI, document: dict[str, Any]) -> Iterator[tuple[APIRoute, dict[str, Any]]]:
    for route in app.routes:
        if isinstance(route, APIRoute) and route.include_in_schema:
            for method in route.methods or ():
                yield route, document["paths"][route.path_format][method.lower()]
