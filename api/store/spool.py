"""Systems on disk, named by their SHA-256, so that children can read them; the folder may be emptied at any time."""

from __future__ import annotations

import secrets
from pathlib import Path

from api.store.database import Database
from api.store.systems import bytes_of


async def spooled_in(folder: Path, database: Database, sha256: str) -> Path:
    """Return the zip of a system in a folder, fetched from the database if it is not there."""
    path = folder / f"{sha256}.zip"
    if not path.exists():
        data = await database.read(lambda connection: bytes_of(connection, sha256))
        folder.mkdir(parents=True, exist_ok=True)
        beside = path.with_name(f"{secrets.token_hex(8)}.part")
        beside.write_bytes(data)
        beside.replace(path)
    return path
