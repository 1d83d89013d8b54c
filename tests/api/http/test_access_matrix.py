"""Every route × every role × own tenant, foreign tenant, nobody: made from the routes themselves.

A new route is in it by declaring its right with `allowed(...)`. If it has a new kind of id in its path, `things` below
makes one for each tenant; until then its test fails.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from io import BytesIO
from typing import Any

import pytest
from access_matrix import Caller, Operation, example_body, filled, operations, running, takes_model
from sqlalchemy import insert, select

from api.access import key_table
from api.access.keys import make_key
from api.access.rights import RIGHTS_OF, Role
from api.http.app import create_app
from api.settings import Settings
from api.store import systems
from api.store.tables import api_key, audit
from api.store.tables import job as job_table
from api.store.tables import plan as plan_table
from lifeline import Plan, Shock, build_problem, schedule
from scenarios.scenario import load_scenario

WITHOUT_KEY = {
    "GET /healthz",
    "GET /readyz",
    # The page is the same for everybody, and a browser sends no key for it; what it shows it asks with one.
    "GET /",
    "GET /field",
    "GET /page/{path:path}",
    "GET /vendor/{name}",
}
"Routes that anybody may ask. To add one is a decision: write here why. /metrics looks itself: see its own tests."

LOOKS_ITSELF = {"GET /metrics"}

DOCUMENTS = {"GET /openapi.json", "GET /docs", "GET /docs/oauth2-redirect"}
"Only with the setting open_docs, which is off by default."


OF_EVERYBODY = {
    "/v1/scenarios/{name}",
    "/v1/scenarios/{name}/incidents",
    "/processes/{process}",
    "/processes/{process}/execution",
}
"The library's stories, and what can be asked for as a job, are the same for all tenants."

EXAMPLE_INCIDENT = b"5f1d7a84c0ffee00"
"In the examples of bodies; replaced by the one that is asked about."


@cache
def all_operations() -> tuple[Operation, ...]:
    return tuple(operations(create_app(Settings(open_docs=True))))


GUARDED = [operation for operation in all_operations() if operation.rights is not None]


@dataclass
class World:
    """Two tenants, each with a key of every role and one of every thing."""

    caller: Caller
    keys: dict[tuple[str, str], str]
    things: dict[str, dict[str, str]]
    components: Any

    def ask(self, operation: Operation, *, of: str, key: str | None, **changed: Any) -> Any:
        """Ask for an operation on the things of a tenant, with the example's body."""
        path = operation.path_with(self.things[of])
        media, body = example_body(operation, self.components)
        body = body.replace(EXAMPLE_INCIDENT, self.things[of]["incident"].encode())
        headers = {
            "if-match": '"1"',
            **({"content-type": media} if media else {}),
            **changed.get("headers", {}),
        }
        return self.caller.ask(
            operation.method, path, key=key, body=changed.get("body", body), headers=headers
        )


def key_for(caller: Caller, tenant: str, role: str) -> str:
    database = caller.app.state.service.database
    kept, shown = make_key(
        tenant=tenant,
        name=f"{tenant} {role}",
        roles=[role],
        created_by="test",
        now=datetime.now(UTC),
        crew="red" if role == Role.CREW else None,
    )
    database.write_now(lambda connection: key_table.add(connection, kept))
    return shown


def things_of(caller: Caller, tenant: str, admin: str) -> dict[str, str]:
    """Make one of everything that has an id in a path."""
    database = caller.app.state.service.database
    loaded = caller.ask(
        "POST",
        "/v1/scenarios/three_towns/incidents",
        key=admin,
        body=b'{"is_drill": false}',
        headers={"content-type": "application/json"},
    )
    assert loaded.status == 201, loaded.body
    incident = loaded.json["id"]
    corrected = repacked(caller.ask("GET", "/v1/systems/three_towns/versions/1/file", key=admin).body)
    summary = caller.ask("GET", "/v1/systems/three_towns", key=admin).json["summary"]
    database.write_now(
        lambda connection: systems.add_version(connection, tenant, "three_towns", corrected, summary, "test")
    )
    made = caller.ask(
        "POST",
        "/v1/keys",
        key=admin,
        body=b'{"name": "spare", "roles": ["viewer"]}',
        headers={"content-type": "application/json"},
    )
    job = (tenant.encode().hex() + "0" * 16)[:16]
    so_far = {"objective": 1, "label": "rule", "phase": "rules", "seconds": 0.5, "plan_sha256": "0" * 64}
    row = filled(
        job_table,
        id=job,
        tenant=tenant,
        incident=incident,
        kind="plan",
        result={},
        status="successful",
        best={**so_far, "plan": a_plan().to_json()},
    )
    database.write_now(lambda connection: connection.execute(insert(job_table).values(row)))
    what_if = f"f{job[1:]}"
    row = filled(job_table, id=what_if, tenant=tenant, incident=incident, kind="what-if", status="failed")
    database.write_now(lambda connection, row=row: connection.execute(insert(job_table).values(row)))
    started_at, sha256 = loaded.json["started_at"], sha256_of(corrected)
    made_for = {"sha256": sha256, "settings": {"start": started_at}, "tables": {}}
    documents = {"plan": a_plan().to_json(), "problem": json.dumps(made_for)}
    documents |= {"summary": "{}", "recovery": "[]"}
    for version in (1, 2):
        other = f"{version}{job[1:]}"
        row = filled(job_table, id=other, tenant=tenant, incident=incident, kind="plan", status="successful")
        plan = filled(
            plan_table, id=other, incident=incident, version=version, job=other, documents=documents
        )
        plan["sha256"] = a_plan().sha256
        database.write_now(lambda connection, row=row: connection.execute(insert(job_table).values(row)))
        database.write_now(lambda connection, plan=plan: connection.execute(insert(plan_table).values(plan)))
    return {
        "incident": incident,
        "name": "three_towns",
        "key": made.json["id"],
        "job": job,
        "version": "2",
        "document": "plan",
        "explanations/job": "line-ash-brook",
        "what-ifs/job": what_if,
        "layer": "components",
        "feature": "ash-plant",
        "process": "plan",
    }


@cache
def a_plan() -> Plan:
    system = load_scenario("three_towns")
    problem = build_problem(system, Shock.from_table(system, system.damage))
    return schedule(problem, {"red": ["line-ash-brook", "cliff-substation"], "blue": ["main-brook-cliff"]})


def sha256_of(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def repacked(zipped: bytes) -> bytes:
    """Return the same system in other bytes, which make another version of it."""
    out = BytesIO()
    with zipfile.ZipFile(BytesIO(zipped)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))
    return out.getvalue()


TENANTS = ("east", "west")
'And "south", who has nothing but an admin.'


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("service")
    settings = Settings(
        data_folder=folder, worker=False, question_seconds=300, rate_of_address=1e6, rate_of_tenant=1e6
    )
    app = create_app(settings)
    with running(app) as caller:
        keys = {(tenant, role): key_for(caller, tenant, role) for tenant in TENANTS for role in Role}
        keys["south", "admin"] = key_for(caller, "south", "admin")
        caller.app.state.door.ring.forget()
        things = {tenant: things_of(caller, tenant, keys[tenant, "admin"]) for tenant in TENANTS}
        yield World(caller, keys, things, app.openapi()["components"])


def test_routes_without_a_right_are_those_we_decided_on() -> None:
    open_routes = {str(operation) for operation in all_operations() if operation.rights is None}
    assert open_routes == WITHOUT_KEY | LOOKS_ITSELF | DOCUMENTS
    closed = {str(operation) for operation in operations(create_app(Settings()))}
    assert not closed & DOCUMENTS


@pytest.mark.parametrize("operation", GUARDED, ids=str)
def test_nobody_is_let_in_without_a_key_or_with_a_wrong_one(world: World, operation: Operation) -> None:
    for key in (None, "llk_0123456789ab_" + "A" * 43, "e30.e30.e30"):
        answer = world.ask(operation, of="east", key=key)
        assert answer.status in (401, 429), answer.body
        assert answer.headers["content-type"] == "application/problem+json"
        if answer.status == 401:
            assert answer.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("operation", GUARDED, ids=str)
def test_a_role_does_what_the_table_says_and_nothing_else(
    world: World, operation: Operation, role: Role
) -> None:
    """The admin asks for its own things in earnest; the others, who would cost a child each, for another tenant's."""
    assert operation.rights
    own = role == Role.ADMIN
    answer = world.ask(operation, of="east" if own else "west", key=world.keys["east", role])
    if RIGHTS_OF[role].isdisjoint(operation.rights):
        assert answer.status == 403, answer.body
        assert answer.json["type"] == "urn:lifeline:problem:not-allowed"
    elif not own and not RIGHTS_OF[role].issuperset(operation.rights):
        # Which of its rights the route needs hangs on what it is asked for.
        assert answer.status != 401, answer.body
        assert answer.status < 500, answer.body
    else:
        assert answer.status not in (401, 403, *([404] if own else [])), answer.body
        assert answer.status < 500, answer.body
        # A name is each tenant's own: the other's system of the same name is not what is told of here.
        by_id = operation.has_ids and "/{name}" not in operation.path and operation.path not in OF_EVERYBODY
        assert own or not by_id or answer.status == 404, answer.body


@pytest.mark.parametrize(
    "operation", [o for o in GUARDED if o.has_ids and o.path not in OF_EVERYBODY], ids=str
)
def test_another_tenants_ids_do_not_exist(world: World, operation: Operation) -> None:
    answer = world.ask(operation, of="west", key=world.keys["south", "admin"])
    assert answer.status == 404, answer.body


@pytest.mark.parametrize("operation", [o for o in GUARDED if takes_model(o)], ids=str)
@pytest.mark.parametrize(
    "field", ["tenant", "tenant_id", "role", "status", "approved_by", "created_by", "id"]
)
def test_what_a_model_does_not_name_cannot_be_set(world: World, operation: Operation, field: str) -> None:
    _, body = example_body(operation, world.components)
    more = json.dumps({**json.loads(body), field: "west"}).encode()
    answer = world.ask(operation, of="east", key=world.keys["east", "admin"], body=more)
    assert answer.status == 422, answer.body


def test_lists_hold_only_what_is_the_tenants_own(world: World) -> None:
    mine, other = world.things["east"], world.things["west"]
    for path, kind in (("/v1/incidents", "incident"), ("/v1/keys", "key"), ("/jobs", "job")):
        text = world.caller.ask("GET", path, key=world.keys["east", "admin"]).body.decode()
        assert mine[kind] in text
        assert other[kind] not in text
    rows = world.caller.ask("GET", "/v1/audit", key=world.keys["east", "admin"]).json["items"]
    assert {row["tenant"] for row in rows} == {"east"}


def test_one_idempotency_key_in_two_tenants_is_two_keys(world: World) -> None:
    body, headers = b'{"name": "same", "roles": ["viewer"]}', {"idempotency-key": "same"}
    headers |= {"content-type": "application/json"}
    east, west, again = (
        world.caller.ask("POST", "/v1/keys", key=world.keys[tenant, "admin"], body=body, headers=headers)
        for tenant in ("east", "west", "east")
    )
    assert east.json["id"] != west.json["id"]
    assert again.json["id"] == east.json["id"]
    assert again.headers["idempotency-replayed"] == "true"
    assert "key" in east.json
    assert "key" not in again.json  # shown once, and kept nowhere


def test_nothing_secret_is_in_the_database_or_the_audit(world: World) -> None:
    secret = world.keys["east", "viewer"].split("_", 2)[2]
    world.caller.ask(
        "GET", f"/v1/keys?api_key={world.keys['east', 'viewer']}", key=world.keys["east", "viewer"]
    )
    world.caller.ask("GET", f"/v1/systems/{world.keys['east', 'viewer']}", key=world.keys["east", "crew"])
    database = world.caller.app.state.service.database
    rows = database.read_now(lambda c: [*c.execute(select(audit)), *c.execute(select(api_key))])
    assert len(rows) > 20
    assert secret not in str(rows)
