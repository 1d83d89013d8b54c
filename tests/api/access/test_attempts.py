"""How failed attempts are limited."""

from api.access import attempts
from api.access.attempts import FREE_ATTEMPTS, Attempts, Failure


def test_after_twenty_failures_an_address_waits_until_its_minute_is_over() -> None:
    clock = [0.0]
    counted = Attempts(lambda: clock[0])
    assert [counted.failed("192.0.2.1") for _ in range(FREE_ATTEMPTS)] == [Failure(0)] * FREE_ATTEMPTS
    clock[0] = 15.0
    assert counted.failed("192.0.2.1") == Failure(45, first_refused=True)
    assert counted.failed("192.0.2.1") == Failure(45)
    assert counted.failed("192.0.2.2") == Failure(0)
    clock[0] = 60.0
    assert counted.failed("192.0.2.1") == Failure(0)


def test_very_many_addresses_do_not_fill_the_memory() -> None:
    counted = Attempts(lambda: 0.0)
    for number in range(attempts.MOST_ADDRESSES + 5):
        counted.failed(str(number))
    assert len(counted._windows) == attempts.MOST_ADDRESSES
