"""Failed attempts to log in, counted by address: guessers wait, holders of a right key never do.

A key is checked before anything is counted, and checking one costs a hash. So whoever holds a right key comes in
whatever happens at its address or with its id: nobody can lock the dispatchers out by failing in their name, and no
break-glass is needed for that. (For an identity provider that is down there are API keys: `lifeline keys create` works
on the server itself, without HTTP, and is audited.) What is limited is how much answers, log and audit a guesser gets.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

FREE_ATTEMPTS = 20
"So many failures in a window are answered with 401 and audited; further ones with 429, unaudited but counted."

WINDOW_SECONDS = 60.0
MOST_ADDRESSES = 10_000
"Beyond that the address heard from longest ago is forgotten; memory stays bounded whoever calls."


@dataclass
class _Window:
    began: float
    failures: int = 0


@dataclass(frozen=True)
class Failure:
    """What to do about one failed attempt.

    `retry_after_seconds` is 0 while attempts are free. `first_refused` is True once a window: worth a warning.
    """

    retry_after_seconds: int
    first_refused: bool = False


class Attempts:
    """Failures by address in windows of a minute; safe to ask from several threads."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        """Take the clock."""
        self._monotonic = monotonic
        self._windows: OrderedDict[str, _Window] = OrderedDict()
        self._lock = threading.Lock()

    def failed(self, address: str) -> Failure:
        """Count one failure from this address and say how to answer it."""
        now = self._monotonic()
        with self._lock:
            window = self._windows.pop(address, None)
            if window is None or now - window.began >= WINDOW_SECONDS:
                window = _Window(now)
            window.failures += 1
            self._windows[address] = window
            while len(self._windows) > MOST_ADDRESSES:
                self._windows.popitem(last=False)
        if window.failures <= FREE_ATTEMPTS:
            return Failure(0)
        left = WINDOW_SECONDS - (now - window.began)
        return Failure(max(1, round(left)), first_refused=window.failures == FREE_ATTEMPTS + 1)
