"""What the OpenAPI document says is what the service does, whatever is sent (schemathesis, all its checks).

A few examples of each operation run here. Before a release run many, alone; it takes an hour or two:

    LIFELINE_SCHEMA_EXAMPLES=200 python -m pytest -n 0 tests/api/http/test_schemathesis.py
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import Case
from schemathesis.config import SchemathesisConfig
from service_worlds import incident_in

from api.access import attempts
from api.http.app import create_app
from api.settings import Settings

EXAMPLES = int(os.environ.get("LIFELINE_SCHEMA_EXAMPLES", "2"))
IS_LONG = EXAMPLES > 10

# Two rules that no schema can say: a cursor is one that the service gave; what a name names is there. So a request that
# fits the schema may be answered 422 as well, never with what the document does not list. And a list that is too long
# may be too many bytes before anybody has counted it: 413 is a refusal like others.
REFUSALS = ["400", "401", "403", "404", "409", "412", "422", "428", "429"]
CONFIG = {
    "checks": {
        "positive_data_acceptance": {"expected-statuses": ["2xx", *REFUSALS]},
        "negative_data_rejection": {"expected-statuses": [*REFUSALS, "405", "406", "413", "415"]},
    }
}
INSIDES = re.compile(
    r'Traceback|File "|\.py\b|sqlalchemy|sqlite3|psycopg|SELECT |INSERT |UPDATE |/tmp/|/home/|site-packages'
)


HOW = {
    "max_examples": EXAMPLES,
    "deadline": None,
    "derandomize": not IS_LONG,
    "database": None,
    "suppress_health_check": list(HealthCheck),
    "phases": [Phase.explicit, Phase.generate],
}


def no_word_of_our_insides(context: Any, response: Any, case: Case) -> None:
    """Nothing that is answered to a refusal holds a traceback, SQL or a path."""
    if response.status_code >= 400:
        assert not INSIDES.search(response.text), response.text


def with_key(bearer: str) -> type[Any]:
    """Return what tells schemathesis how to be somebody; it then tries to be nobody too."""

    class WithKey:
        def get(self, case: Case, context: Any) -> str:
            return bearer

        def set(self, case: Case, data: str, context: Any) -> None:
            case.headers["Authorization"] = data

    return WithKey


def some_of_them_are_there(schema: Any, app: Any) -> None:
    """Have every other incident that is asked for be one that is there, and not all of them unknown."""
    incident = incident_in(SimpleNamespace(app=app))

    @schema.hook
    def map_path_parameters(context: Any, path_parameters: dict[str, Any] | None) -> dict[str, Any] | None:
        if context.operation.path.endswith("/events"):  # a stream of one that is there never ends
            return path_parameters
        asked = (path_parameters or {}).get("incident")
        if path_parameters and isinstance(asked, str) and sum(asked.encode()) % 2:
            return {**path_parameters, "incident": incident}
        return path_parameters


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, lifeline: Callable[..., Any]) -> Any:
    """The schema of a service with a key, which may ask as often as it likes; so may whoever has none."""
    folder: Path = tmp_path_factory.mktemp("schema")
    made = lifeline("keys", "create", "tester", "--role", "admin", "--data", folder)
    (key,) = re.findall(r"llk_\S+", made.out)
    bearer = {"Authorization": f"Bearer {key}"}
    many = {f"rate_of_{sender}": 1e6 for sender in ("address", "key", "tenant")}
    app = create_app(
        Settings(
            data_folder=folder,
            open_docs=True,
            allowed_hosts=("testserver",),
            worker=False,
            is_warm=False,
            **many,
        )
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(attempts, "FREE_ATTEMPTS", 10**9)
        schema = schemathesis.openapi.from_asgi(
            "/openapi.json", app, headers=bearer, config=SchemathesisConfig.from_dict(CONFIG)
        )
        schema.auth()(with_key(bearer["Authorization"]))
        schema.config.update(request_timeout=60)
        some_of_them_are_there(schema, app)
        yield schema


def test_each_operation_does_what_its_document_says(service: Any) -> None:
    failures = []
    for found in service.get_all_operations():
        operation = found.ok()

        @settings(**HOW)
        @given(case=operation.as_strategy())
        def keeps_its_word(case: Case) -> None:
            case.call_and_validate(additional_checks=[no_word_of_our_insides])

        try:
            keeps_its_word()
        except (Exception, BaseExceptionGroup) as failure:
            failures.append(f"{operation.label}: {failure}")
    assert not failures, "\n\n".join(failures)


def test_operations_one_after_the_other_do_too(service: Any) -> None:
    """What one operation makes, others are asked about: read, changed, deleted, read again."""
    machine = service.as_state_machine()
    machine.run(settings=settings(**HOW, stateful_step_count=20 if IS_LONG else 5))
