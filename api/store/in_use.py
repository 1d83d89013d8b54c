"""Whether a service runs on a data folder: with SQLite one process at a time writes there."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lifeline.errors import InvalidInput

LOCK_FILE = "serve.lock"


@contextmanager
def only_user(folder: Path) -> Iterator[None]:
    """Hold the folder for as long as the context lasts; refused while another process holds it.

    The kernel lets go of the lock when the process ends, however it ends; a lock of this kind (lockf) is not passed on
    to children, which may outlive a service that was killed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / LOCK_FILE, "a+", encoding="ascii") as file:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.seek(0)
            holder = file.read(20).strip()
            raise InvalidInput(
                f"{str(folder)!r} is in use by another process of lifeline ({holder or 'unknown'}); stop that first."
            ) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield
