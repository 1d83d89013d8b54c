"""One warm host for the tests of a file."""

from collections.abc import Iterator

import pytest
from running_children import Running


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    running = Running()
    yield running
    running.close()
