"""How many event streams one key and one tenant may hold open at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from api.http.limits.rates import too_many

RETRY_SECONDS = 10


@dataclass
class OpenStreams:
    """Counts the open streams of this process; `held` is the context a stream lives in."""

    most_of_key: int = 250
    most_of_tenant: int = 1000
    _open: Counter[tuple[str, str]] = field(default_factory=Counter)

    @property
    def count(self) -> int:
        """Return how many streams are open now."""
        return sum(number for (kind, _), number in self._open.items() if kind == "tenant")

    def refuse_if_full(self, *, key: str, tenant: str) -> None:
        """Raise the 429 where the key or the tenant holds all it may; ask before the answer begins."""
        for kind, name, most in (("key", key, self.most_of_key), ("tenant", tenant, self.most_of_tenant)):
            if self._open[kind, name] >= most:
                raise too_many(f"This {kind} has {most} event streams open already; close one", RETRY_SECONDS)

    @contextmanager
    def held(self, *, key: str, tenant: str) -> Iterator[None]:
        """Count one stream for as long as the context lasts."""
        holders = (("key", key), ("tenant", tenant))
        self._open.update(holders)
        try:
            yield
        finally:
            for holder in holders:
                self._open[holder] -= 1
                if not self._open[holder]:
                    del self._open[holder]
