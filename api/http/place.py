"""Which of the processes on one port this is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Place:
    """The first process works plans out and tends the audit; the others answer, and wake it when there is a job."""

    number: int = 1
    wake_first: Callable[[], None] | None = None

    @property
    def is_first(self) -> bool:
        """Tell whether this is the process that was started as the service."""
        return self.number == 1


FIRST = Place()
