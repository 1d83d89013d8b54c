"""The documents of a plan, as a route gets at them: kept ones from the database, others from a child, kept then.

A row holds as JSON text by name: `plan`, as `Plan.to_json` has it; `problem`, what it was made for: the `sha256` of
the system, and `settings`, `tables`, `now` and `updates` as `api.documents.in_children` wants them; and papers.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from api.documents.returns import Returns
from api.documents.work_lists import WorkLists
from api.http.problems import not_found
from api.store.papers import find_plan, keep_papers, plan_on_the_map

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from api.access.caller import Caller
    from api.http.service import Service

IN_CHILDREN = "api.documents.in_children"


async def plan_row(service: Service, caller: Caller, incident_id: str, version: int) -> tuple[Any, Any]:
    """Return an incident's row and that of a version of its plan; 404 where the tenant has none."""
    incident = await service.incident(caller.tenant, incident_id)

    def look(connection: Connection) -> Any:
        return find_plan(connection, incident_id, version)

    row = await service.database.read(look)
    if row is None:
        raise not_found("plan version", str(version))
    return incident, row


async def current_plan(service: Service, incident_id: str) -> Any:
    """Return the row of the plan that crews go by; None where there is none yet."""
    return await service.database.read(lambda connection: plan_on_the_map(connection, incident_id))


async def work_of(service: Service, row: Any) -> WorkLists:
    """Return the work lists of a plan."""
    return WorkLists.model_validate_json(await _paper(service, row, "work_lists"))


async def returns_of(service: Service, row: Any) -> Returns:
    """Return the times of return by a plan."""
    return Returns.model_validate_json(await _paper(service, row, "returns"))


async def argument_of(service: Service, row: Any) -> dict[str, Any]:
    """Return what a child needs to know of a plan and of the problem it was made for."""
    problem = json.loads(row.documents["problem"])
    path = await service.spooled(problem.pop("sha256"))
    return {"problem": {**problem, "system": str(path)}, "plan": json.loads(row.documents["plan"])}


async def _paper(service: Service, row: Any, name: str) -> str:
    kept = row.documents.get(name)
    if kept is None:
        papers = await service.ask(f"{IN_CHILDREN}:papers", await argument_of(service, row))
        await service.database.write(lambda connection: keep_papers(connection, row.id, papers))
        kept = papers[name]
    return str(kept)
