"""Documents that were worked out for a plan after it was made, kept with it."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, select, update

from api.store.tables import plan


def keep_papers(connection: Connection, plan_id: str, papers: Mapping[str, str]) -> None:
    """Keep documents that were worked out for a plan beside those that it has."""
    there = connection.execute(select(plan.c.documents).where(plan.c.id == plan_id)).scalar_one()
    connection.execute(update(plan).where(plan.c.id == plan_id).values(documents={**papers, **there}))
