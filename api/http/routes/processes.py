"""/processes: what can be asked for as a job, by OGC API - Processes; and /, where that and the jobs are found."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Request, Response
from pydantic import ConfigDict, Field, ValidationError

from api.access.caller import Caller
from api.access.rights import Right
from api.documents import processes
from api.documents.processes import Process, StatusInfo
from api.http.door import door_of
from api.http.jobs import status_of
from api.http.links import root_of
from api.http.problems import MOST_PLACES, BadPlace, Refusal
from api.http.routes import plan_versions, plans, what_ifs
from api.http.shapes import IdempotencyKey, Sent
from api.http.who import allowed
from api.incidents.what_if_answers import WhatIfs

router = APIRouter(tags=["processes"])

Anybody = Annotated[Caller, Depends(allowed(Right.read_incidents, Right.read_own_work, limited=True))]
Asker = Annotated[Caller, Depends(allowed(Right.plan, Right.ask_what_if))]
ProcessId = Annotated[str, Path(max_length=40, examples=["plan"])]


class PlanInputs(plans.PlanRequest):
    """A plan that is asked for, and the incident that it is for."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"incident": "5f1d7a84c0ffee00", "seconds": 10}]}
    )

    incident: str = Field(pattern=r"^[0-9a-f]{16}$", description="The incident.")


@dataclass(frozen=True)
class Offered:
    """A process, the right that it takes, and the route that it is another way to: it answers with a job's id."""

    process: Process
    right: Right
    ask: Callable[[Request, Any, Caller, str | None], Awaitable[Response]]


async def _ask_for_plan(request: Request, inputs: PlanInputs, caller: Caller, key: str | None) -> Response:
    sent = plans.PlanRequest.model_validate(inputs.model_dump(exclude={"incident"}))
    return await plans.ask_for(request, inputs.incident, sent, caller, key)


async def _ask_what_if(
    request: Request, inputs: what_ifs.WhatIfRequest, caller: Caller, key: str | None
) -> Response:
    return await what_ifs.ask(request, inputs, caller, key)


OFFERED: dict[str, Offered] = {
    "what-if": Offered(
        Process(
            id="what-if",
            title="Put what-ifs side by side",
            description="Plans a base and up to a dozen variants of it with the same budget and seed, and says what "
            "each variant changes and how sure that is. The live incident is not touched.",
            inputs=what_ifs.WhatIfRequest,
            outputs={"what-if": WhatIfs},
        ),
        Right.ask_what_if,
        _ask_what_if,
    ),
    "plan": Offered(
        Process(
            id="plan",
            title="Plan the repairs of an incident",
            description="Looks for the order of work that leaves people without service for as few hours as possible.",
            inputs=PlanInputs,
            outputs={"plan": plan_versions.PlanTold},
        ),
        Right.plan,
        _ask_for_plan,
    ),
}
"Everything that can be asked for as a job; its id is the kind of the job."


class Execute(Sent):
    """A process is to be carried out."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"inputs": {"incident": "5f1d7a84c0ffee00", "seconds": 10}},
                {
                    "inputs": {
                        "incident": "5f1d7a84c0ffee00",
                        "variants": [
                            {
                                "name": "One more crew",
                                "changes": [{"kind": "more_crews", "like": "red", "count": 1}],
                            }
                        ],
                    }
                },
            ]
        }
    )

    inputs: dict[str, Any] = Field(description="As the description of the process has them.")
    outputs: dict[str, Any] = Field(
        default_factory=dict, description="All outputs are given, whatever is named."
    )
    response: Literal["document", "raw"] = "document"


@router.get("/")
async def landing_page(request: Request, caller: Anybody) -> dict[str, Any]:
    """Say where everything is."""
    return processes.landing_page(
        root_of(request), title=request.app.title, description=request.app.description
    )


@router.get("/conformance")
async def conformance(caller: Anybody) -> dict[str, Any]:
    """Say what this service conforms to; each incident's map layers say so themselves."""
    return {"conformsTo": list(processes.CONFORMS_TO)}


@router.get("/processes")
async def list_processes(request: Request, caller: Anybody) -> dict[str, Any]:
    """List what can be asked for."""
    return processes.process_list(root_of(request), [offered.process for offered in OFFERED.values()])


@router.get("/processes/{process}")
async def describe(request: Request, process: ProcessId, caller: Anybody) -> dict[str, Any]:
    """Describe a process with the schemas of its inputs and outputs."""
    return processes.process_description(root_of(request), _offered(process).process)


@router.post("/processes/{process}/execution", status_code=201, response_model=StatusInfo)
async def execute(
    request: Request, process: ProcessId, sent: Execute, caller: Asker, key: IdempotencyKey = None
) -> Response:
    """Ask for a process: always as a job, whose place is in Location."""
    offered = _offered(process)
    await require(request, caller, offered.right)
    try:
        # Strict models take times as text only from JSON.
        inputs = offered.process.inputs.model_validate_json(json.dumps(sent.inputs))
    except ValidationError as error:
        raise _refusal(error) from None
    try:
        answer = await offered.ask(request, inputs, caller, key)
    except Refusal as refused:
        if refused.status != 404:
            raise
        # The process is there; what its inputs name is not.
        raise Refusal(422, "invalid-input", f"inputs: {refused.detail}") from None
    accepted = json.loads(bytes(answer.body))
    status = await status_of(request, caller, accepted["job"])
    headers = {name: answer.headers[name] for name in ("Idempotency-Replayed",) if name in answer.headers}
    headers |= {"Location": f"{root_of(request)}/jobs/{status.jobID}", "Preference-Applied": "respond-async"}
    return Response(status.model_dump_json(exclude_none=True), 201, headers, "application/json")


def _offered(process: str) -> Offered:
    if process not in OFFERED:
        raise Refusal(
            404,
            processes.NO_SUCH_PROCESS,
            f"There is no process {process!r}. There are {', '.join(OFFERED)}.",
        )
    return OFFERED[process]


async def require(request: Request, caller: Caller, right: Right) -> None:
    """Refuse who has not the right that a process takes, and write that down."""
    if not caller.may(right):
        await door_of(request).denied(request, caller, right)
        raise Refusal(403, "not-allowed", f"{caller.name!r} has not the right {right}.")


def _refusal(error: ValidationError) -> Refusal:
    places = [
        BadPlace(where=" → ".join(["inputs", *map(str, place["loc"])])[:200], message=place["msg"][:300])
        for place in error.errors(include_url=False, include_context=False)[:MOST_PLACES]
    ]
    return Refusal(422, "invalid-input", f"{places[0].where}: {places[0].message}.", places=places)
