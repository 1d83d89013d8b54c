"""The documents of a plan, as a route gets at them: kept ones from the database, others from a child, kept then.

Of a plan's documents two are read here: `plan`, as `Plan.to_json` has it, and `problem`, what it was made for: the
`sha256` of the system, and the rest of what `api.incidents.problem_now.situation_of` takes.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from api.access.seen import seen_returns, seen_work
from api.documents.returns import Returns
from api.documents.work_lists import WorkLists
from api.http.problems import not_found
from api.store import plans
from api.store.papers import keep_papers

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from api.access.sight import Sight
    from api.http.service import Service

IN_CHILDREN = "api.documents.in_children"


async def plan_row(service: Service, incident_id: str, version: int) -> Any:
    """Return the row of a version of an incident's plan; 404 where there is none."""

    def look(connection: Connection) -> Any:
        return plans.find(connection, incident_id, version)

    row = await service.database.look(look)
    if row is None:
        raise not_found(f"plan of incident {incident_id}, version", str(version))
    return row


async def work_of(service: Service, row: Any, sight: Sight | None) -> WorkLists:
    """Return the work lists of a plan, as far as they are seen."""
    text = await _paper(service, row, "work_lists")
    if sight is None:
        return WorkLists.model_validate_json(text)
    return WorkLists.model_validate(seen_work(json.loads(text), sight))


async def returns_of(service: Service, row: Any, sight: Sight | None) -> Returns:
    """Return the times of return by a plan, as far as they are seen."""
    found = json.loads(await _paper(service, row, "etr"))
    if sight is not None:
        found["returns"] = list(seen_returns(found["returns"], sight))
    return Returns.model_validate(found)


async def argument_of(service: Service, row: Any) -> dict[str, Any]:
    """Return what a child needs to know of a plan and of the problem it was made for."""
    problem = json.loads(await document(service, row, "problem"))
    path = await service.spooled(problem.pop("sha256"))
    return {"problem": {**problem, "system": str(path)}, "plan": await document(service, row, "plan")}


async def document(service: Service, row: Any, name: str) -> str:
    """Return a document that every plan has, as JSON text; 404 where an old one has it not."""
    text = await kept(service, row, name)
    if text is None:
        raise not_found(f"document of plan {row.version}", name)
    return text


async def _paper(service: Service, row: Any, name: str) -> str:
    text = await kept(service, row, name)
    if text is None:
        papers = await service.ask(f"{IN_CHILDREN}:papers", await argument_of(service, row))
        await service.database.write(lambda connection: keep_papers(connection, row.id, papers))
        text = papers[name]
    return text


async def kept(service: Service, row: Any, name: str) -> str | None:
    """Return a document that is kept with a plan, None where it has none of this name."""

    def look(connection: Connection) -> str | None:
        return plans.document(connection, row.incident, row.version, name)

    return await service.database.read(look)
