"""`lifeline serve`: the service over HTTP."""

from __future__ import annotations

from contextlib import nullcontext, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    import socket

    from fastapi import FastAPI

    from api.http.answerers import Answerers
    from api.settings import Settings


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
    processes: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=1,
            max=64,
            help="Processes that answer, to use as many cores.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Serve incidents, plans, field updates and what-ifs over HTTP; settings are in docs/operations.md."""
    from api.http.app import create_app
    from api.http.logs import configure_logs
    from api.http.server import server_of
    from api.http.sockets import bound_first, port_of
    from api.settings import Settings
    from api.store.in_use import only_user

    given = {"data_folder": data, "host": host, "port": port, "processes": processes}
    settings = Settings(**{name: value for name, value in given.items() if value is not None})  # type: ignore[arg-type]
    configure_logs(settings.log_level.upper())
    with only_user(settings.data_folder) if settings.is_sqlite else nullcontext():
        refuse_an_open_house(settings)
        # A process that is alone leaves its port to uvicorn.
        sockets = bound_first(settings.host, settings.port) if settings.processes > 1 else None
        typer.echo(
            f"lifeline serves http://{settings.host}:{port_of(sockets) if sockets else settings.port}/v1, "
            f"data in {settings.data_folder}{f', by {settings.processes} processes' if sockets else ''}."
        )
        app = create_app(settings)
        server = server_of(app, settings, others=others_of(app, settings, sockets) if sockets else None)
        # uvicorn raises it again once it has stopped.
        with suppress(KeyboardInterrupt):
            server.run(sockets=sockets)
    if not server.started:
        raise typer.Exit(3)


def others_of(app: FastAPI, settings: Settings, sockets: list[socket.socket]) -> Answerers:
    """Return the processes that are to answer beside this one, on the same port."""
    from api.http.answerers import Answerers
    from api.http.sockets import addresses_of

    return Answerers(settings, addresses_of(sockets), lambda: app.state.service)


def refuse_an_open_house(settings: Settings) -> None:
    """Say that without any key this machine is the admin, and refuse to listen where others could come."""
    import ipaddress

    from api.access.key_table import any_keys
    from api.store.database import Database
    from api.store.migrations import bring_up_to_date
    from lifeline.errors import InvalidInput

    settings.data_folder.mkdir(parents=True, exist_ok=True)
    database = Database(settings.database)
    try:
        bring_up_to_date(database)
        if settings.oidc_issuer or database.read_now(any_keys):
            return
    finally:
        database.close()
    try:
        is_here = settings.host == "localhost" or ipaddress.ip_address(settings.host).is_loopback
    except ValueError:
        is_here = False
    if not is_here:
        raise InvalidInput(
            f"There is no key yet, so the service listens on 127.0.0.1 only, not on {settings.host}. Make one with "
            "`lifeline keys create NAME --role admin`."
        )
    typer.echo("There is no key yet: whoever is on this machine is the admin, and nobody else is let in.")
