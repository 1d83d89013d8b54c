"""Who asks too often is told when to come back; nobody can count as somebody else."""

from __future__ import annotations

import pytest
from asgi_worlds import Answer, ask, echo, post

from api.http.limits.addresses import client_address, networks_of, share_of
from api.http.limits.rates import MOST_BUCKETS, Rate, RateLimits, Rates, RateTable
from api.http.limits.streams import OpenStreams
from api.http.problems import Refusal
from lifeline.errors import InvalidInput


class Clock:
    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def service(clock: Clock | None = None, *proxies: str, **rates: Rate) -> RateLimits:
    many = {name: Rate(1000, 1000) for name in ("address", "key", "tenant", "report")}
    return RateLimits(echo, Rates(RateTable(**many | rates), clock or Clock()), networks_of(proxies))


def statuses(*answers: Answer) -> list[int]:
    return [answer.status for answer in answers]


def test_a_burst_passes_the_next_one_waits_and_the_answer_says_how_long() -> None:
    """Half a request a second, three at once: the fourth may come after 2 s."""
    clock = Clock()
    app = service(clock, address=Rate(per_second=0.5, burst=3))

    at_once = [ask(app) for _ in range(4)]
    clock.seconds = 1.9
    too_early = ask(app)
    clock.seconds = 2.0

    assert statuses(*at_once, too_early, ask(app), ask(app)) == [200, 200, 200, 429, 429, 200, 429]
    assert at_once[3].headers["retry-after"] == "2"
    assert at_once[3].problem["detail"] == "This address asks more often than it may; try again in 2 s."


def test_addresses_do_not_wait_for_each_other() -> None:
    app = service(address=Rate(per_second=1, burst=1))
    assert statuses(ask(app), ask(app), ask(app, client="203.0.113.8")) == [200, 429, 200]


def test_a_key_is_counted_from_whatever_address_it_comes() -> None:
    app = service(key=Rate(per_second=1, burst=1))

    def by(token: str, client: str) -> int:
        return ask(app, headers=[("Authorization", f"Bearer {token}")], client=client).status

    assert [by("a", "192.0.2.1"), by("a", "192.0.2.2"), by("b", "192.0.2.2")] == [200, 429, 200]


def test_a_citizen_without_a_key_reports_more_slowly_than_others_ask() -> None:
    app = service(report=Rate(per_second=0.1, burst=1))
    path = "/v1/incidents/i1/reports"
    with_key = ("authorization", "Bearer a")
    answers = [
        post(app, path, b"{}"),
        post(app, path, b"{}"),
        post(app, path, b"{}", with_key),
        ask(app, path),
    ]
    assert statuses(*answers) == [200, 429, 200, 200]
    assert answers[1].headers["retry-after"] == "10"


def test_a_monitor_is_never_refused() -> None:
    app = service(address=Rate(per_second=1, burst=1))
    assert {ask(app, path).status for path in ("/healthz", "/readyz") * 5} == {200}


def test_an_invented_x_forwarded_for_is_ignored() -> None:
    app = service(address=Rate(per_second=1, burst=1))
    answers = [ask(app, headers=[("X-Forwarded-For", f"198.51.100.{number}")]) for number in range(3)]
    assert statuses(*answers) == [200, 429, 429]


@pytest.mark.parametrize(
    ("peer", "told", "client"),
    [
        ("10.0.0.1", "198.51.100.1", "198.51.100.1"),
        # What stands left of the last address that no proxy has is the client's own invention.
        ("10.0.0.1", "127.0.0.1, 198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "198.51.100.1, 10.0.0.2", "198.51.100.1"),
        ("10.0.0.1", "198.51.100.1, not an address", "10.0.0.1"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("192.0.2.1", "198.51.100.1", "192.0.2.1"),
        ("local socket", "198.51.100.1", "local socket"),
    ],
)
def test_x_forwarded_for_is_believed_of_configured_proxies_only(peer: str, told: str, client: str) -> None:
    scope = {"client": (peer, 1), "headers": [(b"x-forwarded-for", told.encode())]}
    assert client_address(scope, networks_of(["10.0.0.0/8"])) == client


def test_a_household_of_ipv6_counts_as_one_and_a_mapped_ipv4_as_itself() -> None:
    assert share_of("2001:db8:1:2::5") == share_of("2001:db8:1:2:ffff::9") == "2001:db8:1:2::/64"
    assert share_of("2001:db8:1:3::5") != share_of("2001:db8:1:2::5")
    assert share_of("::ffff:192.0.2.1") == "192.0.2.1"


def test_a_proxy_that_is_no_address_is_told_of() -> None:
    with pytest.raises(InvalidInput, match=r"trusted_proxies: 'proxy.local' .*give addresses"):
        networks_of(["proxy.local"])


def test_senders_without_number_take_no_memory_without_number() -> None:
    rates = Rates(RateTable(), Clock())
    for number in range(MOST_BUCKETS + 100):
        rates.admit("key", str(number))
    assert len(rates._buckets) == MOST_BUCKETS


def test_a_rate_that_lets_nothing_through_is_refused() -> None:
    with pytest.raises(ValueError, match="burst of at least 1"):
        Rate(per_second=1, burst=0)


def test_a_key_holds_two_streams_and_a_tenant_three() -> None:
    streams = OpenStreams(most_of_key=2, most_of_tenant=3)
    with streams.held(key="a", tenant="t"), streams.held(key="a", tenant="t"):
        with pytest.raises(Refusal, match="This key has 2 event streams open already"):
            streams.refuse_if_full(key="a", tenant="t")
        streams.refuse_if_full(key="b", tenant="t")
        with streams.held(key="b", tenant="t"):
            with pytest.raises(Refusal, match="This tenant has 3 event streams") as refused:
                streams.refuse_if_full(key="c", tenant="t")
            assert (refused.value.status, refused.value.headers) == (429, {"Retry-After": "10"})
            streams.refuse_if_full(key="d", tenant="other")
            assert streams.count == 3
    assert streams.count == 0
    streams.refuse_if_full(key="a", tenant="t")
