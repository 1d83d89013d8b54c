"""Settings of all tests, and their order."""

import os

import hypothesis
import pytest

# Compiling a kernel may fall into any example, so no example has a deadline. CI tries the same examples every time.
hypothesis.settings.register_profile("steady", deadline=None, derandomize=True, print_blob=True)
hypothesis.settings.register_profile("curious", deadline=None)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "steady"))

# Other tests run beside: a child that lets them all go first would come to nothing.
os.environ.setdefault("LIFELINE_SOLVE_NICENESS", "0")

JUDGE_ONLY = ("lifeline", "scenarios")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the tests that hardly search behind those that do.

    Two workers begin with half of the tests each. In a fresh clone the first compiles the loops of the search while the
    second has enough to do without them, and finds them compiled when it gets there; otherwise both compile them, for
    more than a minute of CPU time.
    """
    items.sort(key=lambda item: item.path.parent.name in JUDGE_ONLY)
