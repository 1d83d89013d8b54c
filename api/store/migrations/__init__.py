"""The steps by which the database came to its present shape (Alembic), and the verb that takes them."""

from __future__ import annotations

from importlib.resources import as_file, files
from typing import TYPE_CHECKING

import sqlalchemy

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from api.store.database import Database

HEAD = "0002"
"The newest step; a test holds it equal to what Alembic finds in `versions`."


def revision_of(connection: Connection) -> str | None:
    """Return the step that a database is at, None where it is empty."""
    if not sqlalchemy.inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.execute(
        sqlalchemy.text("SELECT version_num FROM alembic_version")
    ).scalar()
    return found


def bring_up_to_date(database: Database) -> bool:
    """Take all steps that the database lacks, and tell whether there were any."""
    if database.write_now(revision_of) == HEAD:
        return False
    database.write_now(_upgrade)
    return True


def _upgrade(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config

    with as_file(files(__package__)) as folder:
        config = Config()
        config.set_main_option("script_location", str(folder))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
