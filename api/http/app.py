"""The service: `create_app` is its table of contents."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, suppress
from importlib.metadata import version
from typing import TYPE_CHECKING

from fastapi import FastAPI

from api.http.document import DescribedApp
from api.http.guards import add_guards
from api.http.metrics import Metrics
from api.http.place import FIRST, Place
from api.http.problems import add_problem_handlers
from api.http.service import Service
from api.http.streams import Streams
from api.settings import Settings

if TYPE_CHECKING:
    from api.store.database import Database

FORGET_EVERY_SECONDS = 3600.0
"How often answers are forgotten that were kept for their Idempotency-Key."

ROUTES = (
    "page",
    "systems",
    "scenarios",
    "incidents",
    "updates",
    "events",
    "state",
    "timeline",
    "plans",
    "plan_versions",
    "plan_documents",
    "work",
    "what_ifs",
    "features",
    "processes",
    "jobs",
    "keys",
    "audit",
    "health",
)
"The files of `api.http.routes`, in the order in which the OpenAPI document lists them."

DESCRIPTION = (
    "Repair plans for a city's power, water, gas, road and telecom networks: incidents, what the field reports, plans, "
    "what-ifs. Refusals are problem+json (RFC 9457); what can be edited has an ETag; every POST takes an "
    "Idempotency-Key."
)


def create_app(settings: Settings | None = None, place: Place = FIRST) -> FastAPI:
    """Return the service with these settings; it opens its database when it is started.

    `place` is which of the processes on its port this one is.
    """
    from importlib import import_module

    chosen = settings or Settings()
    app = DescribedApp(
        title="lifeline",
        version=version("lifeline-recovery"),
        description=DESCRIPTION,
        lifespan=_lifespan(chosen, place),
        docs_url="/docs" if chosen.open_docs else None,
        redoc_url=None,
        openapi_url="/openapi.json" if chosen.open_docs else None,
    )
    for name in ROUTES:
        # As they are, not included: a router in a router is searched twice with every request.
        app.router.routes.extend(import_module(f"api.http.routes.{name}").router.routes)
    add_problem_handlers(app)
    add_guards(app, chosen, Metrics(process=str(place.number) if chosen.processes > 1 else ""))
    return app


def _lifespan(settings: Settings, place: Place) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def life(app: FastAPI) -> AsyncIterator[None]:
        from api.http.door import keep_refreshing, open_door
        from api.store.database import Database
        from api.store.migrations import bring_up_to_date

        settings.data_folder.mkdir(parents=True, exist_ok=True)
        database = Database(settings.database)
        bring_up_to_date(database)
        app.state.service = Service(settings, database, Streams(database), place=place)
        app.state.door = open_door(settings, database, looks_back=place.is_first)
        tending = [asyncio.create_task(keep_refreshing(app.state.door))]
        if place.is_first:
            tending.append(asyncio.create_task(_keep_forgetting(database)))
        _measure(app.state.service, app.state.metrics)
        try:
            async with _at_work(app.state.service):
                yield
        finally:
            for task in tending:
                task.cancel()
            app.state.service.streams.close()
            database.close()

    return life


async def _keep_forgetting(database: Database) -> None:
    """Forget the answers that are kept no longer, at once and every hour; run it as a task."""
    from sqlalchemy.exc import SQLAlchemyError

    from api.store.once import forget_old_answers

    while True:
        # A database that is away for a moment is asked again an hour later.
        with suppress(SQLAlchemyError):
            while await database.write(forget_old_answers):
                pass
        await asyncio.sleep(FORGET_EVERY_SECONDS)


@asynccontextmanager
async def _at_work(service: Service) -> AsyncIterator[None]:
    """Run the service's children and, unless others work for it, its worker."""
    from api.http.routes.timeline import TIMELINE
    from api.jobs.running import warm, working

    # Kept while they run: the loop itself knows its tasks only weakly.
    preparing: set[asyncio.Task[None]] = set()

    def told(incident: str | None) -> None:
        if incident is not None:
            service.streams.tell(incident)
            # Who follows it on a page will want to see it go by the new plan.
            task = asyncio.create_task(service.pictures.prepare(incident, TIMELINE))
            preparing.add(task)
            task.add_done_callback(preparing.discard)

    async with AsyncExitStack() as parts:
        await parts.enter_async_context(warm(service.children, service.settings))
        if service.settings.worker:
            worker = working(
                service.settings, service.database, service.children, spooled=service.spooled, told=told
            )
            service.worker = await parts.enter_async_context(worker)
        try:
            yield
        finally:
            for task in preparing:
                task.cancel()
            await asyncio.gather(*preparing, return_exceptions=True)
            await service.pictures.close()


def _measure(service: Service, metrics: Metrics) -> None:
    """Show what the parts of a service know of themselves."""
    database, streams = service.database, service.streams
    metrics.watch("write_queue_length", "Units of work that wait to be written.", lambda: database.waiting)
    metrics.watch(
        "group_commit_units",
        "Units of work that one commit made durable together, on average over the last 1,000 commits.",
        lambda: sum(database.group_sizes) / max(1, len(database.group_sizes)),
    )
    metrics.watch("open_streams", "Event streams that are open.", lambda: streams.open)
    metrics.watch(
        "stream_lag_seconds",
        "Age of the newest event when it last went out to streams.",
        lambda: streams.lag_seconds,
    )
