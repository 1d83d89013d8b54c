"""`lifeline serve`: the service over HTTP."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import typer


def serve(
    data: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Folder for the database and the spool.", show_default=False),
    ] = None,
    host: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="Address to listen on.", show_default=False)
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(metavar="N", help="Port to listen on; 0 takes a free one.", show_default=False),
    ] = None,
) -> None:
    """Serve incidents, plans, field updates and what-ifs over HTTP; settings are in docs/operations.md."""
    import uvicorn

    from api.http.app import create_app
    from api.http.limits.connections import ConnectionLimits, uvicorn_options
    from api.http.logs import configure_logs
    from api.settings import Settings
    from api.store.in_use import only_user

    given = {"data_folder": data, "host": host, "port": port}
    settings = Settings(**{name: value for name, value in given.items() if value is not None})  # type: ignore[arg-type]
    configure_logs(settings.log_level.upper())
    typer.echo(f"lifeline serves http://{settings.host}:{settings.port}/v1, data in {settings.data_folder}.")
    limits = ConnectionLimits(header_seconds=settings.header_seconds, most=settings.most_connections)
    with only_user(settings.data_folder) if settings.is_sqlite else nullcontext():
        uvicorn.run(
            create_app(settings),
            host=settings.host,
            port=settings.port,
            log_config=None,
            timeout_graceful_shutdown=5,
            **uvicorn_options(limits),
        )
