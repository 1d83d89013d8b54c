"""Plans as their documents need them: which version is asked for, and what has been worked out for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Row, select, update

from api.store.tables import plan


def find_plan(connection: Connection, incident_id: str, version: int) -> Row[Any] | None:
    """Return a version of an incident's plan; None where there is none of this number."""
    query = select(plan).where(plan.c.incident == incident_id, plan.c.version == version)
    return connection.execute(query).first()


def plan_on_the_map(connection: Connection, incident_id: str) -> Row[Any] | None:
    """Return the plan that crews go by: the newest approved one, else the newest; None where there is none."""
    query = select(plan).where(plan.c.incident == incident_id)
    approved = query.where(plan.c.approved_at.is_not(None)).order_by(plan.c.version.desc()).limit(1)
    newest = query.order_by(plan.c.version.desc()).limit(1)
    return connection.execute(approved).first() or connection.execute(newest).first()


def keep_papers(connection: Connection, plan_id: str, papers: Mapping[str, str]) -> None:
    """Keep documents that were worked out for a plan beside those that it has."""
    there = connection.execute(select(plan.c.documents).where(plan.c.id == plan_id)).scalar_one()
    connection.execute(update(plan).where(plan.c.id == plan_id).values(documents={**papers, **there}))
