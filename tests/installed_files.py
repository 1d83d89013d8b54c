"""Map files that no one here wrote: those that other packages bring along for their own tests."""

import importlib.util
from pathlib import Path

import pytest


def pyogrio_fixture(name: str) -> Path:
    """Return a file of pyogrio's own tests; the test is skipped, saying so, where it is not installed."""
    pyogrio = importlib.util.find_spec("pyogrio")
    if pyogrio is None or pyogrio.origin is None:
        pytest.skip("pyogrio is not installed (extra geo), and its test files with it")
    path = Path(pyogrio.origin).parent / "tests" / "fixtures" / name
    if not path.is_file():
        pytest.skip(f"this pyogrio comes without its test file {name}")
    return path
