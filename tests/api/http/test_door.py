"""Who comes in at the door of a running service, and what is written down about those who do not."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
from access_matrix import Answer, Caller, filled, running
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import insert, select, update

from api.access import key_table
from api.access.attempts import FREE_ATTEMPTS
from api.access.audit import Head, read_anchor
from api.access.audit_table import verify_table
from api.access.keys import REREAD_SECONDS, make_key
from api.http.app import create_app
from api.http.streams import ASK_SECONDS, LOOK_SECONDS, whole_event
from api.settings import Settings
from api.store.tables import api_key, audit, job, now, plan

AS_JSON = {"content-type": "application/json"}
ISSUER = "https://id.example"
SIGNER = ec.generate_private_key(ec.SECP256R1())


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    public = jwt.get_algorithm_by_name("ES256").to_jwk(SIGNER.public_key(), as_dict=True)
    (tmp_path / "jwks.json").write_text(json.dumps({"keys": [{**public, "kid": "one"}]}))
    return Settings(data_folder=tmp_path / "data", worker=False)


@pytest.fixture
def service(settings: Settings) -> Iterator[Caller]:
    with running(create_app(settings)) as caller:
        yield caller


def key_of(caller: Caller, *roles: str, tenant: str = "local", **limits: Any) -> str:
    """Make a key as the command line does, behind the service's back."""
    kept, shown = make_key(
        tenant=tenant,
        name="n",
        roles=roles,
        created_by="test",
        now=datetime.now(UTC),
        **limits,
    )
    caller.app.state.service.database.write_now(lambda connection: key_table.add(connection, kept))
    return shown


def learn(caller: Caller) -> None:
    caller.app.state.door.ring.forget()


def actions(caller: Caller) -> list[str]:
    rows = caller.app.state.service.database.read_now(
        lambda connection: connection.execute(select(audit.c.action).order_by(audit.c.number)).scalars().all()
    )
    return list(rows)


def load(caller: Caller, key: str | None = None) -> str:
    answer = caller.ask(
        "POST", "/v1/scenarios/three_towns/incidents", key=key, body=b'{"is_drill": false}', headers=AS_JSON
    )
    assert answer.status == 201, answer.body
    incident: str = answer.json["id"]
    return incident


def report(caller: Caller, key: str, incident: str, **update: Any) -> Answer:
    whole = {"id": f"u{time.monotonic_ns()}", "happened_at": datetime.now(UTC).isoformat(), **update}
    return caller.ask(
        "POST",
        f"/v1/incidents/{incident}/updates",
        key=key,
        body=json.dumps({"updates": [whole]}).encode(),
        headers=AS_JSON,
    )


def test_without_any_key_this_machine_is_the_admin_and_no_other_is(service: Caller) -> None:
    assert service.ask("GET", "/v1/keys").status == 200
    assert service.ask("GET", "/v1/keys", client="::1").status == 200
    assert service.ask("GET", "/v1/keys", client="192.0.2.7").status == 401
    for name in ("x-forwarded-for", "forwarded", "via"):
        assert service.ask("GET", "/v1/keys", headers={name: "192.0.2.7"}).status == 401


def test_the_first_key_shuts_the_door_and_its_end_does_not_open_it(service: Caller) -> None:
    shown = key_of(service, "admin", expires_at=datetime.now(UTC) + timedelta(hours=1))
    learn(service)
    assert service.ask("GET", "/v1/keys").status == 401
    assert service.ask("GET", "/v1/keys", key=shown).status == 200
    key_id = shown.split("_")[1]
    assert service.ask("DELETE", f"/v1/keys/{key_id}", key=shown).json["revoked_at"]
    assert service.ask("GET", "/v1/keys", key=shown).status == 401
    assert service.ask("GET", "/v1/keys").status == 401


def test_a_key_is_taken_in_either_header_and_never_from_the_address(service: Caller) -> None:
    shown, other = key_of(service, "viewer"), key_of(service, "viewer")
    learn(service)
    url = "/v1/incidents"
    assert service.ask("GET", url, headers={"x-api-key": shown}).status == 200
    assert service.ask("GET", url, headers={"authorization": f"bearer {shown}"}).status == 200
    assert service.ask("GET", url, key=shown, headers={"x-api-key": shown}).status == 200
    assert service.ask("GET", url, key=shown, headers={"x-api-key": other}).status == 401
    assert service.ask("GET", url, headers={"authorization": f"Basic {shown}"}).status == 401
    for name in ("key", "api_key", "access_token", "token"):
        assert service.ask("GET", f"{url}?{name}={shown}").status == 401


def test_guessers_are_told_to_wait_and_holders_of_a_key_at_the_same_address_are_not(service: Caller) -> None:
    shown = key_of(service, "viewer")
    learn(service)
    wrong = f"llk_0123456789ab_{'A' * 43}"
    answers = [service.ask("GET", "/v1/incidents", key=wrong) for _ in range(FREE_ATTEMPTS + 3)]
    assert [answer.status for answer in answers] == [401] * FREE_ATTEMPTS + [429] * 3
    assert 0 < int(answers[-1].headers["retry-after"]) <= 60
    assert service.ask("GET", "/v1/incidents", key=shown).status == 200
    assert actions(service) == ["login.failed"] * (FREE_ATTEMPTS + 1)


def test_denials_are_written_down_with_who_and_what(service: Caller, settings: Settings) -> None:
    shown = key_of(service, "viewer")
    learn(service)
    answer = service.ask(
        "POST", "/v1/keys", key=shown, body=b'{"name": "x", "roles": ["admin"]}', headers=AS_JSON
    )
    assert answer.status == 403
    database = service.app.state.service.database
    row = database.read_now(lambda connection: connection.execute(select(audit)).one())
    assert (row.tenant, row.who, row.action, row.target) == (
        "local",
        f"key:{shown.split('_')[1]}",
        "denied",
        "/v1/keys",
    )
    assert json.loads(row.details) == {"method": "POST", "needed": "manage_keys"}
    assert verify_table(database, settings.anchor) == (Head(1, row.hash), None)


def test_an_open_stream_ends_within_five_seconds_of_its_keys_end(service: Caller) -> None:
    incident = load(service)
    shown = key_of(service, "viewer")
    learn(service)
    door, database = service.app.state.door, service.app.state.service.database
    who = door.ring.caller_of(shown)
    streams = service.app.state.service.streams

    async def follow() -> None:
        async def may_go_on() -> bool:
            return await door.still_valid(who)

        async for _ in streams.listen(incident, None, sees=whole_event, audience="", may_go_on=may_go_on):
            pass

    async def both() -> None:
        following = [asyncio.create_task(follow()) for _ in range(2)]
        await asyncio.sleep(0.2)
        assert not any(task.done() for task in following)
        await database.write(lambda connection: connection.execute(update(api_key).values(revoked_at=now())))
        await asyncio.gather(*following)

    service.wait_for(both())  # it ends at all: the wait for it would fail otherwise
    assert REREAD_SECONDS + ASK_SECONDS + LOOK_SECONDS < 5


def test_a_crew_reports_about_the_work_that_was_approved_for_it(service: Caller) -> None:
    incident = load(service)
    red, desk = key_of(service, "crew", crew="red"), key_of(service, "dispatcher")
    learn(service)
    started = {"kind": "job_started", "job": "line-ash-brook"}
    assert report(service, red, incident, **started).status == 403  # no plan was approved yet
    visits = {
        "visits": [{"job": "line-ash-brook", "crew": "red"}, {"job": "main-brook-cliff", "crew": "blue"}]
    }
    database = service.app.state.service.database
    rows = {
        job: filled(job, id="0" * 16, tenant="local", incident=incident),
        plan: filled(plan, incident=incident, version=1, job="0" * 16, documents={"plan": json.dumps(visits)})
        | {"approved_at": now()},
    }
    for table, row in rows.items():
        database.write_now(lambda connection, t=table, r=row: connection.execute(insert(t).values(r)))
    assert report(service, red, incident, **started).status == 201
    assert report(service, red, incident, kind="crew_off_duty", crew="red").status == 201
    refused = [
        report(service, red, incident, kind="job_started", job="main-brook-cliff"),
        report(service, red, incident, kind="job_started", job="line-ash-brook", crew="blue"),
        report(service, red, incident, kind="crew_off_duty", crew="blue"),
    ]
    assert [answer.status for answer in refused] == [403] * 3
    assert report(service, desk, incident, kind="crew_off_duty", crew="blue").status == 201
    assert service.ask("GET", f"/v1/incidents/{incident}/log", key=red).status == 403
    heard = service.ask("GET", f"/v1/incidents/{incident}/events?after=0", key=red)
    assert heard.status == 200
    assert b"blue" not in heard.body


def test_a_utility_sees_its_own_part_of_the_log_and_nothing_that_concerns_all(service: Caller) -> None:
    incident = load(service)
    desk = key_of(service, "dispatcher")
    water = key_of(service, "dispatcher", sectors=["water"])
    learn(service)
    for job_id in ("line-ash-brook", "main-brook-cliff"):
        assert report(service, desk, incident, kind="job_takes", job=job_id, minutes=90).status == 201
    assert (
        report(service, water, incident, kind="job_takes", job="main-brook-cliff", minutes=80).status == 201
    )
    assert report(service, water, incident, kind="job_takes", job="line-ash-brook", minutes=80).status == 403
    log = service.ask("GET", f"/v1/incidents/{incident}/log", key=water).json["items"]
    said = [(entry["kind"], entry["body"].get("job"), entry["body"].get("minutes")) for entry in log]
    assert said == [
        ("incident.opened", None, None),
        ("job_takes", "main-brook-cliff", 90),
        ("job_takes", "main-brook-cliff", 80),
    ]
    assert log[0]["body"] == {}
    assert "who" not in log[0]
    stream = service.ask("GET", f"/v1/incidents/{incident}/events?after=0", key=water).body
    assert b"line-ash-brook" not in stream
    whole = service.ask("GET", f"/v1/incidents/{incident}/log", key=desk).json["items"]
    assert len(whole) == 4
    for path in (f"/v1/incidents/{incident}/plans/1/plan", "/v1/systems/three_towns/versions/1/file"):
        assert service.ask("GET", path, key=water).status == 403


def test_tokens_of_the_identity_provider_are_let_in_and_end_when_they_say(tmp_path: Path) -> None:
    public = jwt.get_algorithm_by_name("ES256").to_jwk(SIGNER.public_key(), as_dict=True)
    (tmp_path / "jwks.json").write_text(json.dumps({"keys": [{**public, "kid": "one"}]}))
    settings = Settings(
        data_folder=tmp_path / "data",
        worker=False,
        oidc_issuer=ISSUER,
        oidc_audience="lifeline",
        oidc_keys_file=tmp_path / "jwks.json",
        oidc_tenant="east",
        oidc_role_names={"Leitstelle": "dispatcher"},
    )

    def token(lives: float, **more: Any) -> str:
        moment = time.time()
        claims = {
            "iss": ISSUER,
            "aud": "lifeline",
            "sub": "anna",
            "nbf": moment - 1,
            "exp": moment + lives,
            "roles": ["Leitstelle"],
        }
        return jwt.encode({**claims, **more}, SIGNER, algorithm="ES256", headers={"kid": "one"})

    with running(create_app(settings)) as service:
        assert service.ask("GET", "/v1/incidents").status == 401  # an identity provider shuts the door too
        assert service.ask("GET", "/v1/incidents", key=token(60)).status == 200
        assert service.ask("GET", "/v1/keys", key=token(60)).status == 403
        assert service.ask("GET", "/v1/incidents", key=token(-60)).status == 401
        assert service.ask("GET", "/v1/incidents", key=token(60, aud="other")).status == 401


def test_a_service_that_was_killed_before_anchoring_says_so_when_it_is_back(settings: Settings) -> None:
    with running(create_app(settings)) as service:
        key = key_of(service, "viewer")
        learn(service)
        for _ in range(3):
            service.ask("GET", "/v1/keys", key=key)
    settings.anchor.unlink()
    with running(create_app(settings)) as service:
        assert actions(service) == ["denied"] * 3 + ["audit.reanchored"]
        anchor = read_anchor(settings.anchor)
        assert anchor is not None
        assert anchor.number == 4
