"""`lifeline worker`: one more process that works plans out, on PostgreSQL."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from api.settings import Settings


def worker(
    data: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Folder for systems read from the database.", show_default=False),
    ] = None,
    name: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="Its name on this machine: another one for each worker, the same when it is started anew.",
        ),
    ] = "worker",
) -> None:
    """Work plans out for services on the same PostgreSQL database, until told to stop."""
    import asyncio

    from api.settings import Settings
    from lifeline.errors import InvalidInput

    settings = Settings(data_folder=data) if data is not None else Settings()
    if settings.is_sqlite:
        raise InvalidInput(
            "A worker of its own needs PostgreSQL: set LIFELINE_DATABASE_URL to postgresql+psycopg://… here and for "
            "`lifeline serve`. With SQLite, `lifeline serve` works plans out itself."
        )
    typer.echo(f"lifeline works as {name!r}, data in {settings.data_folder}. Ctrl-C ends it.")
    asyncio.run(_work(settings, name))


async def _work(settings: Settings, name: str) -> None:
    import asyncio
    import signal

    from api.jobs.children import Children
    from api.jobs.running import warm, working
    from api.store.database import Database
    from api.store.migrations import bring_up_to_date
    from api.store.spool import spooled_in

    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    database, children = Database(settings.database), Children()
    bring_up_to_date(database)

    async def spooled(sha256: str) -> Path:
        return await spooled_in(settings.spool, database, sha256)

    async with (
        warm(children, settings),
        working(settings, database, children, spooled=spooled, told=lambda _: None, role=name),
    ):
        await stopped.wait()
    database.close()
