"""How often one address, one key, one tenant may ask: token buckets in memory, 429 with Retry-After.

Each process counts for itself, so N processes behind one address let N times as much through; a limit that must
hold over several machines belongs into the proxy before them.
"""

from __future__ import annotations

import hashlib
import math
import re
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from api.http.asgi import App, Receive, Scope, Send, answer, header
from api.http.limits.addresses import Network, client_address, share_of
from api.http.problems import Refusal

# Each bucket is about 200 bytes; one that is forgotten was full again or is soon.
MOST_BUCKETS = 20_000
# What a monitor asks every second must not be refused because others ask much.
ALWAYS_ADMITTED = frozenset({"/healthz", "/readyz"})


@dataclass(frozen=True)
class Rate:
    """So many requests a second in the long run, and so many at once."""

    per_second: float
    burst: int

    def __post_init__(self) -> None:
        """Refuse a rate that lets nothing through."""
        if self.per_second <= 0 or self.burst < 1:
            raise ValueError(f"a rate needs per_second above 0 and a burst of at least 1, got {self}")


@dataclass(frozen=True)
class RateTable:
    """The rates by what is counted. The defaults leave room for a city's field crews behind one address."""

    address: Rate = Rate(per_second=500, burst=1000)
    key: Rate = Rate(per_second=300, burst=600)
    tenant: Rate = Rate(per_second=600, burst=1200)
    report: Rate = Rate(per_second=0.2, burst=10)


@dataclass
class Rates:
    """Counts requests against the rates: `wait_seconds` is 0 for one that may pass, and takes a token then."""

    table: RateTable = field(default_factory=RateTable)
    clock: Callable[[], float] = time.monotonic
    _buckets: OrderedDict[tuple[str, str], tuple[float, float]] = field(default_factory=OrderedDict)

    def wait_seconds(self, kind: str, name: str) -> float:
        """Return after how many seconds the next request of this address, key or tenant may pass."""
        rate: Rate = getattr(self.table, kind)
        now = self.clock()
        tokens, since = self._buckets.pop((kind, name), (float(rate.burst), now))
        tokens = min(float(rate.burst), tokens + (now - since) * rate.per_second)
        wait = 0.0 if tokens >= 1 else (1 - tokens) / rate.per_second
        self._buckets[kind, name] = (tokens - 1 if wait == 0 else tokens, now)
        if len(self._buckets) > MOST_BUCKETS:
            self._buckets.popitem(last=False)
        return wait

    def admit(self, kind: str, name: str) -> None:
        """Let one request of this address, key or tenant pass, or raise the 429."""
        wait = self.wait_seconds(kind, name)
        if wait > 0:
            raise too_many(f"This {kind} asks more often than it may", wait)


def too_many(what: str, wait_seconds: float) -> Refusal:
    """Return the 429 that says when to try again, in whole seconds (RFC 9110, 10.2.3)."""
    seconds = max(1, math.ceil(wait_seconds))
    return Refusal(429, "quota", f"{what}; try again in {seconds} s.", headers={"Retry-After": str(seconds)})


_REPORTS = re.compile(r"/v1/(incidents/[^/]+/)?reports/?")


class RateLimits:
    """Counts each request against its address and its key, before anybody looks at either.

    A tenant is known only after authentication, which calls `rates.admit("tenant", ...)` itself.
    """

    def __init__(self, app: App, rates: Rates, trusted_proxies: Sequence[Network] = ()) -> None:
        """Stand before `app`, counting in `rates`."""
        self.app, self.rates, self.trusted_proxies = app, rates, tuple(trusted_proxies)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through that does not come too often."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        try:
            self._admit(scope)
        except Refusal as refusal:
            await answer(refusal, scope, receive, send)
            return
        await self.app(scope, receive, send)

    def _admit(self, scope: Scope) -> None:
        address = client_address(scope, self.trusted_proxies)
        scope.setdefault("state", {})["address"] = address
        if scope["path"] in ALWAYS_ADMITTED:
            return
        share = share_of(address)
        self.rates.admit("address", share)
        credentials = header(scope, b"authorization") or header(scope, b"x-api-key")
        if credentials is not None:
            self.rates.admit("key", hashlib.blake2b(credentials, digest_size=16).hexdigest())
        elif scope["method"] == "POST" and _REPORTS.fullmatch(scope["path"]):
            self.rates.admit("report", share)
