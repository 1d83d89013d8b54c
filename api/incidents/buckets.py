"""A mapping that never changes and grows cheaply: a changed one shares nearly all of it with the one before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Generic, Self, TypeVar

V = TypeVar("V")

BUCKETS = 512
"With 50,000 keys a change copies one bucket of about a hundred and the list of buckets: some microseconds."


class Buckets(Mapping[str, V], Generic[V]):
    """An immutable mapping from text, kept in buckets by hash; `with_item` gives a new one."""

    __slots__ = ("_buckets", "_length")

    def __init__(self) -> None:
        """Begin empty."""
        self._buckets: tuple[dict[str, V] | None, ...] = (None,) * BUCKETS
        self._length = 0

    def with_item(self, key: str, value: V) -> Self:
        """Return this mapping with one item set."""
        place = hash(key) % BUCKETS
        bucket = self._buckets[place]
        changed = {key: value} if bucket is None else {**bucket, key: value}
        buckets = list(self._buckets)
        buckets[place] = changed
        other = type(self)()
        other._buckets = tuple(buckets)
        other._length = self._length + (bucket is None or key not in bucket)
        return other

    def __getitem__(self, key: str) -> V:
        """Return the value of a key."""
        bucket = self._buckets[hash(key) % BUCKETS]
        if bucket is None:
            raise KeyError(key)
        return bucket[key]

    def __iter__(self) -> Iterator[str]:
        """Yield the keys, in no order that means anything."""
        for bucket in self._buckets:
            yield from bucket or ()

    def __len__(self) -> int:
        """Return the number of items."""
        return self._length
