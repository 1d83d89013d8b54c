"""`lifeline worker` is for PostgreSQL."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


def test_with_sqlite_it_says_that_serve_does_the_work(
    lifeline: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LIFELINE_DATABASE_URL", raising=False)
    answer = lifeline("worker", "--data", tmp_path)
    assert answer.code == 2
    assert "needs PostgreSQL" in answer.err
