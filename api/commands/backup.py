"""`lifeline backup` and `lifeline restore`: the service's database in one file, and back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.commands.keys import Data

if TYPE_CHECKING:
    from api.settings import Settings


def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="File to write.", show_default=False)],
    data: Data = None,
    force: Annotated[bool, typer.Option("--force", help="Write over a file that is there.")] = False,
) -> None:
    """Copy the service's database into one file, also while it runs, and check the copy."""
    from api.outputs import refuse_existing
    from api.store.copies import take_copy

    settings = _settings(data)
    _refuse_postgresql(settings, f"pg_dump --format=custom --no-owner --file={file} --dbname=URL")
    refuse_existing(file, force=force)
    copy = take_copy(settings.data_folder / "app.db", file)
    typer.echo(
        f"{file}: {copy.bytes:,} bytes, whole; the audit in it has {copy.audit.number:,} rows, the last one is "
        f"{copy.audit.hash}."
    )


def restore(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="What `lifeline backup` wrote.", show_default=False)
    ],
    data: Data = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Put it in place of a database that is there, which is kept.")
    ] = False,
) -> None:
    """Check a backup and make it the service's database; the service must not run."""
    from api.store.copies import look_at, put_back
    from api.store.in_use import only_user
    from lifeline.errors import InvalidInput

    settings = _settings(data)
    _refuse_postgresql(
        settings, f"pg_restore --clean --if-exists --no-owner --single-transaction --dbname=URL {file}"
    )
    with only_user(settings.data_folder):
        if (settings.data_folder / "app.db").exists() and not replace:
            raise InvalidInput(
                f"{str(settings.data_folder)!r} has a database already; --replace puts the backup in its place and "
                "keeps what was there."
            )
        copy = look_at(file)
        kept = put_back(copy, settings.data_folder)
    if kept is not None:
        typer.echo(f"What was there is kept in {kept}.")
    typer.echo(f"Restored; the audit has {copy.audit.number:,} rows, the last one is {copy.audit.hash}.")
    if settings.anchor.exists():
        typer.echo("Anchor it anew: lifeline audit anchor --reason 'restored a backup'.")


def _settings(data: Path | None) -> Settings:
    from api.settings import Settings

    return Settings() if data is None else Settings(data_folder=data)


def _refuse_postgresql(settings: Settings, instead: str) -> None:
    from lifeline.errors import InvalidInput

    if not settings.is_sqlite:
        raise InvalidInput(
            f"The service's database is a PostgreSQL server, which has its own tools: {instead} (docs/operations.md)."
        )
