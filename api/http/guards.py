"""What stands around the service, from the outside in; each of these is plain ASGI and knows no route."""

from __future__ import annotations

from fastapi import FastAPI

from api.http.limits.addresses import networks_of
from api.http.limits.bodies import BodyLimits
from api.http.limits.envelope import Envelope
from api.http.limits.rates import Rate, RateLimits, Rates, RateTable
from api.http.limits.safe_answers import SafeAnswers
from api.http.limits.streams import OpenStreams
from api.http.logs import AccessLog
from api.http.metrics import Metrics, RequestMetrics
from api.settings import Settings


def add_guards(app: FastAPI, settings: Settings, metrics: Metrics) -> None:
    """Put the guards around an app, and what they count into its state: `rates`, `open_streams`, `metrics`."""
    app.state.metrics = metrics
    app.state.rates = Rates(rate_table(settings))
    app.state.open_streams = OpenStreams(settings.streams_of_key, settings.streams_of_tenant)
    # FastAPI puts each one around those before it: the last is the outermost.
    app.add_middleware(BodyLimits)
    app.add_middleware(
        RateLimits, rates=app.state.rates, trusted_proxies=networks_of(settings.trusted_proxies)
    )
    app.add_middleware(Envelope, hosts=settings.allowed_hosts)
    app.add_middleware(RequestMetrics, metrics=metrics)
    app.add_middleware(AccessLog)
    app.add_middleware(SafeAnswers)


def rate_table(settings: Settings) -> RateTable:
    """Return the rates that are set; at once may come what a sender has for two seconds."""
    return RateTable(
        address=_rate(settings.rate_of_address),
        key=_rate(settings.rate_of_key),
        tenant=_rate(settings.rate_of_tenant),
    )


def _rate(per_second: float) -> Rate:
    return Rate(per_second, burst=max(1, round(2 * per_second)))
