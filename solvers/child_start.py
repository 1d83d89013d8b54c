"""Starts child processes, each a Python of its own, and what else a child takes from its caller."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from contextlib import suppress
from typing import IO, Any, Protocol, cast


class Child(Protocol):
    """A process that is to answer one request."""

    @property
    def mouth(self) -> IO[bytes]:
        """Return where its answers come from, until it ends."""
        ...

    def ask(self, request: bytes) -> None:
        """Send the request; in a thread, for the child may be slow to listen."""
        ...

    def status(self) -> int | None:
        """Wait for its end: its exit status, or minus the signal that ended it, or None if nobody knows."""
        ...

    def kill(self) -> None:
        """Kill it, and wait until it is gone."""
        ...

    def close(self) -> None:
        """Hang up, when nobody reads or writes any more."""
        ...


class FreshChild:
    """A Python of its own, with everything to load."""

    def __init__(self) -> None:
        """Start it."""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "solvers.child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment(),
        )
        self.mouth = cast(IO[bytes], self.process.stdout)
        self.ears = cast(IO[bytes], self.process.stdin)

    def ask(self, request: bytes) -> None:
        """Send the request; a child that has ended already says how by its exit status."""
        with suppress(OSError):
            self.ears.write(request)
            self.ears.flush()

    def status(self) -> int:
        """Wait for its end."""
        return self.process.wait()

    def kill(self) -> None:
        """Kill it, and wait until it is gone."""
        self.process.kill()
        self.process.wait()

    def close(self) -> None:
        """Close the pipes; what the child has not read any more cannot be flushed."""
        for pipe in (self.ears, self.mouth):
            with suppress(OSError):
                pipe.close()


def environment() -> dict[str, str]:
    """Return the caller's environment, with its search path for modules."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join(_path())}


def surroundings() -> dict[str, Any]:
    """Return what a process started now would inherit."""
    directory = None
    with suppress(OSError):
        directory = os.getcwd()
    return {
        "environment": environment(),
        # As `python -m` has it.
        "path": [*([directory] if directory else []), *_path()],
        "directory": directory,
        "niceness": os.getpriority(os.PRIO_PROCESS, 0),
        "cores": sorted(os.sched_getaffinity(0)),
        "address_space": resource.getrlimit(resource.RLIMIT_AS),
    }


def _path() -> list[str]:
    return [path or os.getcwd() for path in sys.path]
