"""`lifeline keys`: API keys of the service, made and taken back on the machine it runs on, whatever HTTP does.

This is the way in when nobody else has one: it needs no key, no identity provider and no service that answers, only the
right to read and write its database. All it does is in the audit.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.failures import guarded

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from api.access.audit import Action, Entry, Head
    from api.access.keys import ApiKey
    from api.settings import Settings
    from api.store.database import Database

BY_HAND = "command line"
ROWS_AT_ONCE = 1000

app = typer.Typer(help="Make, list and take back the API keys of the service.", no_args_is_help=True)

Data = Annotated[
    Path | None,
    typer.Option("--data", metavar="DIR", help="The service's data folder.", show_default=False),
]


def create(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Whose key it is.", show_default=False)],
    role: Annotated[
        list[str],
        typer.Option(
            metavar="ROLE",
            help="viewer, reporter, crew, dispatcher, approver or admin; may be given several times.",
            show_default=False,
        ),
    ],
    tenant: Annotated[str, typer.Option(metavar="TENANT", help="Whose data it opens.")] = "local",
    sector: Annotated[
        list[str] | None,
        typer.Option(metavar="SECTOR", help="Limit it to a sector; repeatable.", show_default=False),
    ] = None,
    owner: Annotated[
        list[str] | None,
        typer.Option(metavar="OWNER", help="Limit it to an owner; repeatable.", show_default=False),
    ] = None,
    crew: Annotated[
        str | None,
        typer.Option(metavar="CREW", help="With --role crew: the crew.", show_default=False),
    ] = None,
    hours: Annotated[
        float | None,
        typer.Option(
            metavar="N", min=0.01, max=100_000, help="It ends after so long; a crew's after 24 at most."
        ),
    ] = None,
    data: Data = None,
) -> None:
    """Make a key and print it, this once."""
    from datetime import UTC, datetime, timedelta

    from api.access.audit import Action, write_anchor
    from api.access.audit_table import record
    from api.access.key_table import add
    from api.access.keys import make_key
    from lifeline.errors import InvalidInput
    from lifeline.nearest import Nearest
    from lifeline.tables import SECTORS

    for given in sector or ():
        if given not in SECTORS:
            raise InvalidInput(f"{given!r} is no sector. {Nearest(SECTORS).advice(given)}")
    now = datetime.now(UTC)
    key, shown = make_key(
        tenant=tenant,
        name=name,
        roles=role,
        created_by=BY_HAND,
        now=now,
        sectors=sector or None,
        owners=owner or None,
        crew=crew,
        expires_at=None if hours is None else now + timedelta(hours=hours),
    )
    with opened_service(data) as (settings, database):

        def keep(connection: Connection) -> Head:
            add(connection, key)
            return record(connection, _entry(Action.KEY_CREATED, key))

        write_anchor(settings.anchor, database.write_now(keep))
    typer.echo(shown)
    ends = key.caller.expires_at
    until = f"until {ends:%Y-%m-%d %H:%M} UTC" if ends else "until it is taken back"
    typer.echo(f"Key {key.id} of {tenant!r} holds {until}. It is kept nowhere: hand it over now.", err=True)


def list_(data: Data = None) -> None:
    """List all keys, those taken back too; of a key itself only its id is known."""
    from functools import partial

    from api.access.key_table import page
    from api.wording import plain

    with opened_service(data) as (_, database):
        after: tuple[str, str] | None = None
        while rows := database.read_now(partial(page, tenant_id=None, after=after, most=ROWS_AT_ONCE)):
            for row in rows:
                ends = (
                    f"revoked {row.revoked_at}" if row.revoked_at else f"until {row.expires_at or 'revoked'}"
                )
                limits = [
                    f"{what} {', '.join(of)}"
                    for what in ("sectors", "owners")
                    if (of := getattr(row, what)) is not None
                ]
                crew = [f"crew {row.crew}"] if row.crew else []
                about = "; ".join([" ".join(row.roles), *limits, *crew])
                typer.echo(f"{row.id}  {row.tenant}  {plain(row.name, 40)}  {plain(about)}  {ends}")
            after = (rows[-1].created_at, rows[-1].id)


def revoke(
    key: Annotated[
        str, typer.Argument(metavar="ID", help="The key's id, or the key itself.", show_default=False)
    ],
    data: Data = None,
) -> None:
    """Take a key back: refused within five seconds, open streams included."""
    from api.access import key_table
    from api.access.audit import Action, write_anchor
    from api.access.audit_table import record
    from api.access.keys import SHOWN_KEY
    from lifeline.errors import InvalidInput

    whole = SHOWN_KEY.fullmatch(key)
    key_id = whole[1] if whole else key
    with opened_service(data) as (settings, database):

        def take_back(connection: Connection) -> Head:
            row = key_table.revoke(connection, None, key_id)
            if row is None:
                raise InvalidInput(f"There is no key {key_id[:40]!r}; `lifeline keys list` shows all.")
            return record(connection, _entry(Action.KEY_REVOKED, key_table.key_of(row)))

        write_anchor(settings.anchor, database.write_now(take_back))
    typer.echo(f"Key {key_id} was taken back.")


@contextmanager
def opened_service(data: Path | None) -> Iterator[tuple[Settings, Database]]:
    """Open the database that a service with these settings has, made where there is none yet."""
    from api.settings import Settings
    from api.store.database import Database
    from api.store.migrations import bring_up_to_date

    settings = Settings() if data is None else Settings(data_folder=data)
    settings.data_folder.mkdir(parents=True, exist_ok=True)
    database = Database(settings.database)
    try:
        bring_up_to_date(database)
        yield settings, database
    finally:
        database.close()


def _entry(action: Action, key: ApiKey) -> Entry:
    import getpass

    from api.access.audit import Entry

    try:
        person = getpass.getuser()
    except (KeyError, OSError):  # a container's user without a name
        person = "unnamed"
    details = {"name": key.caller.name, "roles": " ".join(sorted(key.caller.roles)), "by": person}
    return Entry(key.caller.tenant, BY_HAND, action, f"key:{key.id}", details)


app.command("create")(guarded(create))
app.command("list")(guarded(list_))
app.command("revoke")(guarded(revoke))
