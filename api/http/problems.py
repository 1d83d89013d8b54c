"""Answers that say what went wrong, as RFC 9457 (problem+json): which thing, what is wrong, what to try."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

if TYPE_CHECKING:
    from api.jobs.children import Outcome
    from lifeline.errors import LifelineError

MEDIA_TYPE = "application/problem+json"

MOST_PLACES = 200
"Bad places listed in one answer; the first ones are what people mend first."


LONGEST_VALUE = 300
"Characters of a bad value or a message in an answer: enough to find it."


class BadPlace(BaseModel):
    """One bad place in what was sent."""

    model_config = ConfigDict(extra="forbid")

    where: str = Field(description="Table and row, or the path of a field.", examples=["nodes, row 3, id"])
    message: str = Field(examples=["is there twice; keep one."])
    value: str | None = None


class ProblemDetails(BaseModel):
    """What every refused or failed request is answered with (RFC 9457)."""

    model_config = ConfigDict(extra="forbid")

    type: str = Field(examples=["urn:lifeline:problem:invalid-input"])
    title: str = Field(examples=["What was sent breaks the rules"])
    status: int = Field(examples=[422])
    detail: str = Field(
        examples=["1 problem in the system: nodes, row 3, id = 'a': is there twice; keep one."]
    )
    instance: str | None = Field(None, description="The request's number, for the operator's log.")
    problems: list[BadPlace] = Field(default_factory=list)


TITLES = {
    "invalid-input": "What was sent breaks the rules",
    "not-found": "There is no such thing",
    "not-allowed": "This is not allowed",
    "unknown-caller": "Nobody is known by this key",
    "stale": "It has changed since you read it",
    "conflict": "This goes against what is there",
    "reused-key": "This Idempotency-Key was used for another request",
    "quota": "Too much at once",
    "too-large": "More was sent than is taken here",
    "wrong-kind": "What was sent is of another kind than is taken here",
    "unknown-host": "The service does not answer under this name",
    "too-late": "It took too long",
    "our-fault": "Something went wrong here",
    "busy": "The service cannot do this now",
}
"Kinds of problem, with the title each has in every answer."


class Refusal(Exception):  # noqa: N818 - the word of the service
    """A request is refused; raised by routes and turned into problem+json."""

    def __init__(
        self,
        status: int,
        kind: str,
        detail: str,
        *,
        places: list[BadPlace] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Take the status, one of TITLES or a standard's URI, and which thing it is, what is wrong, what to try."""
        super().__init__(detail)
        self.status = status
        self.kind = kind
        self.detail = detail
        self.places = places or []
        self.headers = dict(headers or {})


def not_found(what: str, name: str) -> Refusal:
    """Return the refusal of a thing that is not there, or that the caller may not know of."""
    return Refusal(404, "not-found", f"There is no {what} {name[:80]!r}.")


def refusal_of(error: LifelineError) -> Refusal:
    """Return what lifeline itself refused, in the words of the command line."""
    from lifeline.errors import ConflictingOrders, InvalidInput

    places = [_bad_place(vars(problem)) for problem in getattr(error, "problems", ())[:MOST_PLACES]]
    if isinstance(error, ConflictingOrders):
        return Refusal(409, "conflict", str(error), places=places)
    if isinstance(error, InvalidInput):
        return Refusal(422, "invalid-input", str(error), places=places)
    return Refusal(422, "invalid-input", str(error), places=places)


def refusal_of_child(outcome: Outcome) -> Refusal:
    """Return what lifeline refused in a child."""
    places = [_bad_place(problem) for problem in outcome.problems[:MOST_PLACES]]
    if outcome.kind == "ConflictingOrders":
        return Refusal(409, "conflict", outcome.message, places=places)
    return Refusal(422, "invalid-input", outcome.message, places=places)


def _bad_place(problem: Mapping[str, Any]) -> BadPlace:
    row = f"row {problem['row']}" if problem["row"] else ""
    where = ", ".join(part for part in (problem["table"], row, problem["column"] or "") if part)
    return BadPlace(
        where=where, message=problem["message"][:LONGEST_VALUE], value=_shortened(problem["value"])
    )


def _shortened(value: str | None) -> str | None:
    return value if value is None or len(value) <= LONGEST_VALUE else value[: LONGEST_VALUE - 1] + "…"


def problem_response(refusal: Refusal, instance: str | None = None) -> JSONResponse:
    """Return the answer that tells of a refusal."""
    details = ProblemDetails(
        type=refusal.kind if "://" in refusal.kind else f"urn:lifeline:problem:{refusal.kind}",
        title=TITLES.get(refusal.kind) or HTTPStatus(refusal.status).phrase,
        status=refusal.status,
        detail=refusal.detail,
        instance=instance,
        problems=refusal.places,
    )
    content: dict[str, Any] = details.model_dump(exclude_none=True)
    return JSONResponse(content, refusal.status, headers=refusal.headers, media_type=MEDIA_TYPE)


RESPONSES: dict[int | str, dict[str, Any]] = {
    # By reference to what DEFINED brings into the document.
    code: {
        "description": HTTPStatus(code).phrase,
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemDetails"}}},
    }
    for code in (400, 401, 403, 404, 405, 406, 409, 412, 413, 415, 422, 428, 429, 500, 503)
}
"What routes may answer besides success, for the OpenAPI document."

DEFINED: dict[int | str, dict[str, Any]] = {500: {"model": ProblemDetails, "description": "Our fault"}}
"For one route, so that the document defines what the others refer to."


def add_problem_handlers(app: FastAPI) -> None:
    """Have every refusal answered as problem+json; what nobody foresaw goes on to the access log's guard."""
    from api.jobs.records import QuotaExceeded
    from lifeline.errors import LifelineError

    @app.exception_handler(Refusal)
    async def refused(request: Request, error: Refusal) -> JSONResponse:
        return problem_response(error, _number_of(request))

    @app.exception_handler(QuotaExceeded)
    async def too_much(request: Request, error: QuotaExceeded) -> JSONResponse:
        detail = f"{error.args[0]} jobs of yours wait or run; wait for one to end, or dismiss one."
        refusal = Refusal(429, "quota", detail, headers={"Retry-After": "10"})
        return problem_response(refusal, _number_of(request))

    @app.exception_handler(LifelineError)
    async def refused_by_lifeline(request: Request, error: LifelineError) -> JSONResponse:
        return problem_response(refusal_of(error), _number_of(request))

    @app.exception_handler(RequestValidationError)
    async def not_as_described(request: Request, error: RequestValidationError) -> JSONResponse:
        return problem_response(_refusal_of_fields(error), _number_of(request))

    @app.exception_handler(HTTPException)
    async def refused_by_the_framework(request: Request, error: HTTPException) -> JSONResponse:
        kind = {404: "not-found"}.get(error.status_code, "invalid-input")
        refusal = Refusal(error.status_code, kind, f"{error.detail}.", headers=error.headers)
        return problem_response(refusal, _number_of(request))


def our_fault() -> Refusal:
    """Return the answer to a request that failed for a reason nobody foresaw; see `api.http.logs.AccessLog`."""
    return Refusal(
        500, "our-fault", "The fault is ours; the operator's log says more. It is safe to try again."
    )


def _refusal_of_fields(error: RequestValidationError) -> Refusal:
    places = [
        BadPlace(where=" → ".join(str(part) for part in place["loc"])[:200], message=place["msg"][:300])
        for place in error.errors()[:MOST_PLACES]
    ]
    first = places[0] if places else BadPlace(where="body", message="is not as described")
    if places and error.errors()[0]["type"] == "json_invalid":
        return Refusal(400, "invalid-input", f"The body is not JSON: {first.message}.", places=places)
    more = f", and {len(places) - 1} more" if len(places) > 1 else ""
    return Refusal(422, "invalid-input", f"{first.where}: {first.message}{more}.", places=places)


def _number_of(request: Request) -> str | None:
    return instance_of(request.scope)


def instance_of(scope: Mapping[str, Any]) -> str | None:
    """Return the name of a request in an answer that tells of a problem with it."""
    number: str | None = scope.get("state", {}).get("number")
    return None if number is None else f"urn:lifeline:request:{number}"
