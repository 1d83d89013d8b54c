"""/v1/what-ifs: a base and variants of it side by side, worked out as a job; no live incident is touched."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from pydantic import ConfigDict, Field
from sqlalchemy import Connection

from api.access.caller import Caller
from api.access.rights import Right
from api.http.minutes import minute_now
from api.http.parameters import JobId
from api.http.problems import Refusal, not_found
from api.http.routes.incidents import IncidentTables, check_tables
from api.http.routes.plans import MOST_SECONDS, PlanAccepted, deadline_after, refuse_unknown_method
from api.http.routes.systems import require as require_system
from api.http.service import service_of
from api.http.shapes import IdempotencyKey, Sent, answer_once, answered
from api.http.who import allowed
from api.incidents.changes import MOST_VARIANTS, Variant
from api.incidents.what_if_answers import WhatIfs
from api.jobs import records

router = APIRouter(prefix="/v1/what-ifs", tags=["what-ifs"])

Asker = Annotated[Caller, Depends(allowed(Right.ask_what_if))]

KIND = "what-if"
USUAL_SECONDS = 60.0
"For all variants together, where neither seconds nor evaluations are asked for."


class WhatIfRequest(Sent):
    """What-ifs that are asked for: their base is an incident as it stands, or a system before anything has happened."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "system": "three_towns",
                    "seconds": 60,
                    "variants": [
                        {
                            "name": "Aid at hour 12",
                            "changes": [
                                {"kind": "mutual_aid", "like": "red", "count": 2, "arrives_minute": 720}
                            ],
                        },
                        {
                            "name": "Cliff first",
                            "changes": [{"kind": "customer_first", "customer": "cliff"}],
                        },
                    ],
                }
            ]
        }
    )

    incident: str | None = Field(None, pattern=r"^[0-9a-f]{16}$", description="The base, or else `system`.")
    system: str | None = Field(None, max_length=80, description="A system that was uploaded.")
    system_version: int | None = Field(None, ge=1, lt=2**31, description="The newest one, unless given.")
    tables: IncidentTables = Field(IncidentTables(), description="With a system: in place of its own.")
    variants: list[Variant] = Field(min_length=1, max_length=MOST_VARIANTS)
    seconds: float | None = Field(None, gt=0, le=MOST_SECONDS, description="For all of them together.")
    evaluations: int | None = Field(None, ge=1, lt=2**40, description="Changes tried for each of them.")
    seed: int = Field(0, ge=0, lt=2**32)
    method: str = Field("auto", max_length=40, examples=["auto", "local_search"])
    rules: dict[str, str] = Field(default_factory=dict, max_length=10, examples=[{"water": "flow"}])


@router.post("", status_code=202, response_model=PlanAccepted)
async def ask(request: Request, sent: WhatIfRequest, caller: Asker, key: IdempotencyKey = None) -> Response:
    """Ask for what-ifs; `/v1/what-ifs/{job}` gives them when the job is successful."""
    refuse_unknown_method(sent.method)
    names = [variant.name for variant in sent.variants]
    if len(set(names)) < len(names):
        raise Refusal(422, "invalid-input", "body → variants: two have the same name; give each its own.")
    asked = {**sent.model_dump(mode="json", exclude={"tables"}), **await _base(request, sent, caller)}
    if sent.seconds is None and sent.evaluations is None:
        asked["seconds"] = USUAL_SECONDS

    def act(connection: Connection) -> Any:
        job = records.submit(
            connection,
            tenant=caller.tenant,
            incident=sent.incident,
            kind=KIND,
            request=asked,
            deadline=deadline_after(asked["seconds"]),
            is_urgent=False,
            who=caller.id,
        )
        content = PlanAccepted(job=job, status="accepted")
        return answered(202, content, Location=f"/jobs/{job}", **{"Preference-Applied": "respond-async"})

    response = await answer_once(request, caller, key, act)
    service_of(request).wake_worker()
    return response


@router.get("/{job}")
async def tell(request: Request, job: JobId, caller: Asker) -> WhatIfs:
    """Give the base and the variants side by side."""

    def look(connection: Connection) -> Any:
        return records.find(connection, caller.tenant, job)

    row = await service_of(request).database.look(look)
    if row is None:
        raise not_found("what-if", job)
    if row.kind != KIND:
        raise Refusal(409, "conflict", f"Job {job} is a {row.kind}, not a what-if; see /jobs/{job}.")
    if row.status in records.UNDER_WAY:
        raise Refusal(
            404, "not-found", f"What-if {job} is {row.status}; ask again when /jobs/{job} says successful."
        )
    if row.status != records.SUCCESSFUL:
        raise Refusal(409, "conflict", f"What-if {job} is {row.status}: {row.message}")
    return WhatIfs.model_validate(row.result)


async def _base(request: Request, sent: WhatIfRequest, caller: Caller) -> dict[str, Any]:
    """Return what the job is to start from; refused where that is not clear, or not there."""
    if (sent.incident is None) == (sent.system is None):
        raise Refusal(422, "invalid-input", "body: name the base, either an `incident` or a `system`.")
    tables = sent.tables.model_dump(exclude_none=True)
    if sent.incident is not None:
        if tables or sent.system_version is not None:
            raise Refusal(
                422,
                "invalid-input",
                "body: tables and a system's version go with a `system`; an incident has its own.",
            )
        row = await service_of(request).incident(caller.tenant, sent.incident)
        return {"minute": minute_now(row)}
    system = await require_system(request, caller, str(sent.system), sent.system_version)
    await check_tables(request, system.sha256, tables)
    return {"minute": 0, "tables": tables, "system_version": system.version}
