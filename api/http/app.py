"""The service: `create_app` is its table of contents."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from importlib.metadata import version

from fastapi import FastAPI, Request, Response

from api.http.problems import RESPONSES, add_problem_handlers
from api.http.service import Service
from api.http.streams import Streams
from api.settings import Settings

ROUTES = (
    "systems",
    "scenarios",
    "incidents",
    "updates",
    "events",
    "keys",
    "audit",
)
"The files of `api.http.routes`, in the order in which the OpenAPI document lists them."

DESCRIPTION = (
    "Repair plans for a city's power, water, gas, road and telecom networks: incidents, what the field reports, plans, "
    "what-ifs. Refusals are problem+json (RFC 9457); what can be edited has an ETag; every POST takes an "
    "Idempotency-Key."
)


def create_app(settings: Settings | None = None) -> FastAPI:
    """Return the service with these settings; it opens its database when it is started."""
    from importlib import import_module

    chosen = settings or Settings()
    app = FastAPI(
        title="lifeline",
        version=version("lifeline-recovery"),
        description=DESCRIPTION,
        lifespan=_lifespan(chosen),
        responses=RESPONSES,
        docs_url="/docs" if chosen.open_docs else None,
        redoc_url=None,
        openapi_url="/openapi.json" if chosen.open_docs else None,
    )
    for name in ROUTES:
        app.include_router(import_module(f"api.http.routes.{name}").router)
    add_problem_handlers(app)
    app.middleware("http")(_numbered)
    return app


def _lifespan(settings: Settings) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def life(app: FastAPI) -> AsyncIterator[None]:
        from api.http.door import keep_refreshing, open_door
        from api.store.database import Database
        from api.store.migrations import bring_up_to_date

        settings.data_folder.mkdir(parents=True, exist_ok=True)
        database = Database(settings.database)
        bring_up_to_date(database)
        app.state.service = Service(settings, database, Streams(database))
        app.state.door = open_door(settings, database)
        refreshing = asyncio.create_task(keep_refreshing(app.state.door))
        try:
            yield
        finally:
            refreshing.cancel()
            app.state.service.streams.close()
            database.close()

    return life


async def _numbered(request: Request, answer: Callable[[Request], Awaitable[Response]]) -> Response:
    """Give every request a number, which its answer carries and the log knows."""
    request.state.number = secrets.token_hex(8)
    response = await answer(request)
    response.headers["X-Request-Id"] = request.state.number
    return response
