"""Incidents in a service under test, put there without starting a child, and what the field says about them."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi import Request
from fastapi.testclient import TestClient
from sqlalchemy import Connection

from api.access.caller import Caller
from api.http.door import Door
from api.jobs.intake import take_in
from api.store import incidents, systems
from api.store.tables import moment_of


@contextmanager
def asked_by(caller: Caller) -> Iterator[None]:
    """Have every request be this caller's, whatever key it shows."""

    async def known(self: Door, request: Request) -> Caller:
        return caller

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Door, "caller_of", known)
        yield


HOURS_AGO = 2
"Time zero of an incident, unless given: long enough ago for things to have happened."


@functools.cache
def _taken(scenario: str, spool: str) -> dict[str, Any]:
    return take_in({"scenario": scenario, "spool": spool, "ticket": "test"}, lambda report: None)


def incident_in(
    client: TestClient, scenario: str = "three_towns", tenant: str = "local", **values: Any
) -> str:
    """Open an incident on a scenario of the library and return its id."""
    service = client.app.state.service
    taken = _taken(scenario, str(service.settings.spool))
    data = (service.settings.spool / f"{taken['sha256']}.zip").read_bytes()

    def act(connection: Connection) -> str:
        system = systems.add_version(connection, tenant, scenario, data, taken["summary"], "test")
        about = {
            "name": scenario,
            "system": system.name,
            "system_version": system.version,
            "started_at": moment_of(datetime.now(UTC) - timedelta(hours=HOURS_AGO)),
            "is_drill": False,
            "replans": False,
            "tables": {},
            **values,
        }
        return str(incidents.open_incident(connection, tenant, "test", about).id)

    return service.database.write_now(act)


def said(update_id: str, kind: str, *, minutes_ago: float = 0, **about: Any) -> dict[str, Any]:
    """Return an update as the field sends it."""
    happened_at = (datetime.now(UTC) - timedelta(minutes=minutes_ago)).isoformat()
    return {"id": update_id, "kind": kind, "happened_at": happened_at, **about}


def plan_for(
    client: TestClient,
    incident: str,
    tenant: str = "local",
    request: dict[str, Any] | None = None,
    **told: Any,
) -> str:
    """Publish a plan of the incident's scenario by a rule, as the worker does for `request`, and return its hash."""
    from api.jobs import records
    from api.store import events, plans
    from lifeline import build_problem
    from lifeline.shock import Shock
    from scenarios.scenario import load_scenario
    from solvers import solve

    system = load_scenario("three_towns")
    made = solve(build_problem(system, Shock.from_table(system, system.damage)), method="bundles")
    figures = {"label": "feasible", "objective": made.objective, "plan_sha256": made.plan.sha256, **told}

    def act(connection: Connection) -> None:
        job = records.submit(
            connection,
            tenant=tenant,
            incident=incident,
            kind="plan",
            request=request or {},
            deadline=datetime.now(UTC),
            is_urgent=False,
            who="test",
        )
        records.end(connection, job, records.SUCCESSFUL, "")
        plans.publish(
            connection,
            incident,
            job,
            told=figures,
            documents={"plan": made.plan.to_json()},
            made_at_seq=events.last_seq(connection, incident),
            made_at_minute=0,
            who="test",
        )

    client.app.state.service.database.write_now(act)
    return str(figures["plan_sha256"])
