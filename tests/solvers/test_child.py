"""A function in a child process: what it returns, and that nothing it does or suffers harms the caller.

The functions are in `child_faults`; they really are killed, abort, hang and run out of memory.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from solvers.child import Outcome, run_in_child


@pytest.fixture(autouse=True)
def _tests_can_be_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    """The child looks for modules where its caller does."""
    monkeypatch.syspath_prepend(str(Path(__file__).parent))


def run(function: str, argument: Any = None, **options: Any) -> Outcome:
    return run_in_child(f"child_faults:{function}", argument, **{"seconds": 60.0, **options})


def test_it_returns_what_the_function_returns_and_passes_on_reports() -> None:
    """What the function writes to its standard output does not get between the two."""
    heard: list[Any] = []

    assert run("double", 21, on_report=heard.append) == Outcome("finished", 42)
    assert heard == [{"bound": 1}]


def test_a_child_that_is_killed_has_crashed_by_signal_9() -> None:
    heard: list[Any] = []
    outcome = run("is_killed", on_report=heard.append)

    assert outcome == Outcome("crashed", message="The child process was ended by signal 9.")
    assert heard == [{"bound": 1}]


def test_a_child_that_aborts_has_crashed_by_signal_6() -> None:
    assert run("aborts") == Outcome("crashed", message="The child process was ended by signal 6.")


def test_a_child_that_leaves_without_a_word_has_crashed() -> None:
    outcome = run("exits_without_a_word")

    assert outcome == Outcome("crashed", message="The child process was ended with exit status 3.")


def test_an_error_in_the_function_is_told() -> None:
    assert run("raises") == Outcome("crashed", message="ValueError: no such road")


def test_a_function_that_does_not_exist_is_told() -> None:
    outcome = run("flies")

    assert outcome.ending == "crashed"
    assert "flies" in outcome.message


def test_a_child_that_hangs_is_ended_at_the_deadline() -> None:
    began = time.monotonic()

    assert run("hangs", seconds=3.0).ending == "seconds"
    assert 3.0 <= time.monotonic() - began < 3.25


def test_a_child_that_asks_for_more_memory_than_it_may_is_out_of_memory() -> None:
    assert run("takes_memory", memory_bytes=2**30).ending == "memory"


def test_whoever_watches_can_end_it_at_once() -> None:
    """It hangs from its first report on; the caller wants no more from then on."""
    heard: list[Any] = []
    began = time.monotonic()
    outcome = run("hangs", on_report=heard.append, keep_on=lambda: not heard)

    assert outcome.ending == "cancelled"
    assert time.monotonic() - began < 30


def test_no_child_is_left_behind() -> None:
    where: list[int] = []
    run("tells_where_it_is", on_report=where.append, keep_on=lambda: not where)

    with pytest.raises(ProcessLookupError):
        os.kill(where[0], 0)


def test_a_child_does_not_outlive_a_caller_that_is_killed() -> None:
    """The caller's end of the pipe closes with it, whatever ended it."""
    request = {"function": "child_faults:tells_where_it_is", "argument": None, "memory_bytes": None}
    child = subprocess.Popen(
        [sys.executable, "-m", "solvers.child"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert child.stdin is not None
    assert child.stdout is not None
    child.stdin.write(json.dumps(request).encode() + b"\n")
    child.stdin.flush()
    assert json.loads(child.stdout.readline()) == {"report": child.pid}
    child.stdin.close()
    assert child.wait(timeout=30) == 0
    child.stdout.close()
