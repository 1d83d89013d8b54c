"""What a running service holds: its settings, its database, its children, its streams."""

from __future__ import annotations

import functools
import json
import secrets
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastapi import Request

from api.http.pictures import Pictures
from api.http.place import FIRST, Place
from api.http.problems import Refusal, not_found, refusal_of_child
from api.incidents.names import Names
from api.jobs.children import Children
from api.settings import Settings
from api.store import incidents, systems
from api.store.database import Database
from api.store.spool import spooled_in

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from api.http.streams import Streams
    from api.jobs.worker import Worker

MOST_LAYERS = 16
"Maps of systems, and how things are on them, kept in memory; one of 20,000 components takes some 40 MB."

LATELY_SECONDS = 0.25

MOST_INDEXES = 32
"Indexes of systems kept in memory; one of 20,000 components takes some 20 MB."

Check = Callable[["Service"], Awaitable[str]]


@dataclass
class Service:
    """One running service; routes find it by `service_of`."""

    settings: Settings
    database: Database
    streams: Streams
    indexes: OrderedDict[str, dict[str, Any]] = field(default_factory=OrderedDict)
    layers: OrderedDict[tuple[str, tuple[Any, ...]], dict[str, Any]] = field(default_factory=OrderedDict)
    lately: OrderedDict[tuple[str, str], tuple[float, Any]] = field(default_factory=OrderedDict)
    known_names: OrderedDict[tuple[str, int], Names] = field(default_factory=OrderedDict)
    children: Children = field(default_factory=Children)
    worker: Worker | None = None
    place: Place = FIRST
    checks: dict[str, Check] = field(default_factory=dict)
    "What else /readyz asks; each answers `ok` or what is wrong."

    @cached_property
    def pictures(self) -> Pictures:
        """Return the pictures of incidents, kept for about a second."""
        return Pictures(self)

    async def ask(self, function: str, argument: dict[str, Any], *, seconds: float | None = None) -> Any:
        """Have a child of the service work something out, and return it; what it refuses is refused here."""
        return await self._asked(function, argument, seconds, as_text=False)

    async def ask_for_text(self, function: str, argument: dict[str, Any], *, niceness: int = 0) -> bytes:
        """Do the same for something that is only passed on: return it as JSON."""
        text: bytes = await self._asked(function, argument, None, as_text=True, niceness=niceness)
        return text

    async def _asked(
        self,
        function: str,
        argument: dict[str, Any],
        seconds: float | None,
        *,
        as_text: bool,
        niceness: int = 0,
    ) -> Any:
        outcome = await self.children.run(
            function,
            argument,
            seconds=seconds or self.settings.question_seconds,
            memory_bytes=self.settings.solve_memory_bytes,
            niceness=niceness,
            as_text=as_text,
        )
        if outcome.ending == "finished":
            return outcome.value
        if outcome.ending == "refused":
            raise refusal_of_child(outcome)
        if outcome.ending == "seconds":
            raise Refusal(
                503, "too-late", "The answer took too long to work out; ask for less, or again later."
            )
        if outcome.ending == "memory":
            raise Refusal(422, "invalid-input", "This needs more memory than a question may take.")
        raise Refusal(500, "our-fault", "The fault is ours; the operator's log says more.")

    def wake_worker(self) -> None:
        """Say that there is a job to do."""
        if self.worker is not None:
            self.worker.wake()
        elif self.place.wake_first is not None:
            self.place.wake_first()

    async def spooled(self, sha256: str) -> Path:
        """Return the zip of a system on disk, fetched from the database if it is not there."""
        return await spooled_in(self.settings.spool, self.database, sha256)

    async def index(self, sha256: str) -> dict[str, Any]:
        """Return the names in a system and how they hang together; see `api.jobs.intake.index_of`."""
        if sha256 in self.indexes:
            self.indexes.move_to_end(sha256)
            return self.indexes[sha256]
        path = self.settings.spool / f"{sha256}.json"
        if not path.exists():
            zipped = await self.spooled(sha256)
            await self.ask(
                "api.jobs.intake:take_in",
                {"file": str(zipped), "spool": str(self.settings.spool), "ticket": secrets.token_hex(8)},
            )
        index: dict[str, Any] = json.loads(path.read_bytes())
        self.indexes[sha256] = index
        while len(self.indexes) > MOST_INDEXES:
            self.indexes.popitem(last=False)
        return index

    async def names(self, incident: Any) -> Names:
        """Return the names that the field may use in an incident."""
        key = (incident.id, incident.revision)
        if key not in self.known_names:
            find_system = functools.partial(
                systems.find, tenant=incident.tenant, name=incident.system, version=incident.system_version
            )
            row = await self.database.look(find_system)
            if row is None:
                raise LookupError(f"{incident.system} version {incident.system_version}")
            self.known_names[key] = Names.of(await self.index(row.sha256), incident.tables)
            while len(self.known_names) > MOST_INDEXES:
                self.known_names.popitem(last=False)
        return self.known_names[key]

    async def incident_lately(self, tenant: str, incident_id: str) -> Any:
        """Return an incident's row as it was LATELY_SECONDS ago at most: for what hardly ever changes in it."""
        now = time.monotonic()
        read_at, row = self.lately.get((tenant, incident_id), (0.0, None))
        if row is None or now - read_at > LATELY_SECONDS:
            row = await self.incident(tenant, incident_id)
            self.lately[tenant, incident_id] = (now, row)
            while len(self.lately) > MOST_INDEXES:
                self.lately.popitem(last=False)
        return row

    async def incident(self, tenant: str, incident_id: str) -> Any:
        """Return an incident's row; 404 where the tenant has none of this id."""

        def look(connection: Connection) -> Any:
            return incidents.find(connection, tenant, incident_id)

        row = await self.database.look(look)
        if row is None:
            raise not_found("incident", incident_id)
        return row


def service_of(request: Request) -> Service:
    """Return the service that answers this request."""
    service: Service = request.app.state.service
    return service
