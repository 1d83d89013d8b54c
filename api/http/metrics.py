"""What a monitor may count: requests, latencies, the write queue, commits, jobs and streams, for Prometheus.

`/metrics` is for a caller on this machine that no proxy stands behind, or a key of the role admin. Names of
routes, tenants or things never become labels, only route templates: their number is bounded.
"""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Callable, Iterator

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    Metric,
    generate_latest,
)
from prometheus_client.registry import Collector

from api.http.asgi import App, Message, Receive, Scope, Send, route_template

CONTENT_TYPE = CONTENT_TYPE_LATEST
LATENCY_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30)
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_PROXY_HEADERS = frozenset({b"x-forwarded-for", b"forwarded", b"x-real-ip", b"via"})


class Metrics:
    """The counters of one service; each app has its own, so that two in one process do not mix."""

    def __init__(self, process: str = "") -> None:
        """Start all at zero; `process` tells apart those of several processes on one port."""
        self._process = process
        self.registry = CollectorRegistry()
        self._watched: dict[str, Gauge] = {}
        self.requests = Counter(
            "lifeline_requests",
            "Requests answered.",
            ("method", "route", "status"),
            registry=self.registry,
        )
        self.request_seconds = Histogram(
            "lifeline_request_seconds",
            "Seconds until an answer began.",
            ("route",),
            buckets=LATENCY_SECONDS,
            registry=self.registry,
        )
        self._jobs = Gauge("lifeline_jobs", "Jobs that have not ended.", ("status",), registry=self.registry)

    def watch(self, name: str, what: str, now: Callable[[], float]) -> None:
        """Show a number that somebody else keeps, as the length of the write queue: `now` is asked each time."""
        if name not in self._watched:  # an app that is started again shows its new parts
            self._watched[name] = Gauge(f"lifeline_{name}", what, registry=self.registry)
        self._watched[name].set_function(now)

    def set_jobs(self, by_status: dict[str, int]) -> None:
        """Show how many jobs wait and run."""
        for status, count in by_status.items():
            self._jobs.labels(status).set(count)

    def text(self) -> bytes:
        """Return all of it in Prometheus' text format."""
        return generate_latest(_OfProcess(self.registry, self._process) if self._process else self.registry)


class _OfProcess(Collector):
    """What a registry counts, each with the label `process`."""

    def __init__(self, registry: CollectorRegistry, process: str) -> None:
        self._registry, self._process = registry, process

    def collect(self) -> Iterator[Metric]:
        for metric in self._registry.collect():
            metric.samples = [
                sample._replace(labels={"process": self._process, **sample.labels})
                for sample in metric.samples
            ]
            yield metric


class RequestMetrics:
    """Counts each request by its route's template and status, and how long its answer took to begin."""

    def __init__(self, app: App, metrics: Metrics) -> None:
        """Stand before `app`, counting in `metrics`."""
        self.app, self.metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the request and count it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begun = time.perf_counter()
        status, seconds = 500, None

        async def timed(message: Message) -> None:
            nonlocal status, seconds
            if message["type"] == "http.response.start":
                status, seconds = message["status"], time.perf_counter() - begun
            await send(message)

        try:
            await self.app(scope, receive, timed)
        finally:
            route = route_template(scope)
            method = scope["method"] if scope["method"] in METHODS else "other"
            self.metrics.requests.labels(method, route, str(status)).inc()
            self.metrics.request_seconds.labels(route).observe(
                time.perf_counter() - begun if seconds is None else seconds
            )


def is_on_this_machine(scope: Scope) -> bool:
    """Return whether the peer is on the loopback and speaks for itself, as far as its headers tell."""
    try:
        loopback = ipaddress.ip_address((scope.get("client") or ("", 0))[0]).is_loopback
    except ValueError:
        return False
    return loopback and not any(name in _PROXY_HEADERS for name, _ in scope["headers"])
