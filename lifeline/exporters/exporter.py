"""What an exporter is: a function that writes a system to a file and says what the format cannot hold."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lifeline.errors import InvalidInput

if TYPE_CHECKING:
    from lifeline.system import System


@dataclass(frozen=True)
class Exporter:
    """A foreign format; `load` returns the function that writes it, and that says in sentences what was left out.

    `load` imports the format's module when it is called, not before.
    """

    writes: str
    load: Callable[[], Callable[[System, Path], tuple[str, ...]]]


def write_whole(path: Path, write: Callable[[Path], None]) -> None:
    """Let `write` make a file beside its place, then move it there in one step: it appears whole or not at all."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".lifeline-", dir=path.parent) as folder:
            made = Path(folder) / path.name
            write(made)
            with made.open("rb") as file:
                os.fsync(file.fileno())
            made.replace(path)
    except OSError as trouble:
        raise InvalidInput(f"{str(path)!r} cannot be written: {trouble.strerror or trouble}.") from trouble
