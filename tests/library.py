"""The scenarios of the library for tests: each loaded once, and skipped where what it is built of is not installed."""

from functools import lru_cache

import pytest

from lifeline.errors import InvalidInput
from lifeline.system import System
from scenarios import load_scenario


def loaded(name: str) -> System:
    """Return a scenario's system; the test is skipped, saying so, where it needs packages that are not there."""
    try:
        return _loaded(name)
    except InvalidInput as bad:
        if "pip install" not in str(bad):
            raise
        pytest.skip(str(bad))


@lru_cache
def _loaded(name: str) -> System:
    return load_scenario(name)
