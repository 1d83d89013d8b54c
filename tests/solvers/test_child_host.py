"""The host that forks children: each caller has one, and none outlives its caller, whatever happens to whom.

Callers that are to die are scripts of their own; what `child_faults` does is done in their children.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest

from solvers import child_hosted
from solvers.child import Outcome, run_in_child
from solvers.child_hosted import Keeper

HERE = str(Path(__file__).parent)

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Elsewhere there is no host.")


@pytest.fixture(autouse=True)
def a_new_host(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Each test begins without a host, and the child looks for modules where its caller does."""
    monkeypatch.syspath_prepend(HERE)
    keeper = Keeper()
    monkeypatch.setattr(child_hosted, "KEEPER", keeper)
    yield
    keeper.end()


def run(function: str, argument: Any = None, **options: Any) -> Outcome:
    return run_in_child(f"child_faults:{function}", argument, **{"seconds": 60.0, **options})


def host() -> int:
    return int(run("tells_its_parent").value)


def test_all_children_have_one_host_which_has_loaded_everything_and_has_one_thread() -> None:
    first = host()

    assert host() == first != os.getpid()
    told = run("tells_of_itself", "HOME").value
    assert told["has_cp_sat"]
    assert told["host_threads"] == 1


def test_a_child_is_as_if_the_caller_had_started_it_just_now(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has the caller's environment and directory, and four ends of files: three of them lead nowhere."""
    host()
    monkeypatch.setenv("LIFELINE_TEST", "set after the host was started")
    monkeypatch.chdir(tmp_path)
    told = run("tells_of_itself", "LIFELINE_TEST", memory_bytes=2**31).value

    assert told["variable"] == "set after the host was started"
    assert told["directory"] == str(tmp_path)
    assert told["group"] == os.getpgrp()
    # 3 and 4 are its voice, 5 is the directory it looks into.
    assert told["open"] == ["0", "1", "2", "3", "4", "5"]
    assert told["address_space"] == [2**31, 2**31]


def test_a_child_that_leaves_tells_its_exit_status() -> None:
    assert run("leaves", 4).message == "The child process was ended with exit status 4."


def test_a_host_that_was_killed_is_replaced() -> None:
    first = host()
    os.kill(first, signal.SIGKILL)

    assert run("double", 21) == Outcome("finished", 42)
    second = host()
    assert second not in (first, os.getpid())


def test_a_child_whose_host_is_killed_goes_on() -> None:
    heard: list[Any] = []

    def kill_host(report: list[int]) -> None:
        heard.append(report)
        os.kill(report[1], signal.SIGKILL)

    assert run("waits_for_a_new_parent", on_report=kill_host) == Outcome("finished", "goes on")
    assert len(heard) == 1


def test_a_child_killed_with_its_host_is_replaced_by_one_without() -> None:
    heard: list[Any] = []

    def kill_both(report: list[int]) -> None:
        heard.append(report)
        if len(heard) == 1:
            for process in reversed(report):
                os.kill(process, signal.SIGKILL)

    outcome = run("tells_its_parent_slowly", on_report=kill_both)
    assert outcome == Outcome("finished", os.getpid())
    assert len(heard) == 2


def test_without_a_host_that_answers_there_are_children_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """A host that is stopped cannot fork; the child is the caller's own, as all are from then on."""
    stopped = host()
    os.kill(stopped, signal.SIGSTOP)
    monkeypatch.setattr(child_hosted, "ANSWER_SECONDS", 0.2)

    assert [host(), host()] == [os.getpid(), os.getpid()]
    with pytest.raises(ProcessLookupError):
        os.kill(stopped, 0)


def test_without_a_host_that_starts_there_are_children_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child_hosted, "HOST", "solvers.no_such_module")

    assert [host(), host()] == [os.getpid(), os.getpid()]


def test_children_of_several_threads_work_side_by_side() -> None:
    """Each waits, at its report, until the other has come as far."""
    both = Barrier(2, timeout=60)
    with ThreadPoolExecutor(2) as pool:
        outcomes = pool.map(lambda number: run("double", number, on_report=lambda _: both.wait()), (1, 2))

    assert [outcome.value for outcome in outcomes] == [2, 4]


FORKS = """
import os
from solvers.child import run_in_child
from solvers.child_hosted import KEEPER
host = lambda: run_in_child("child_faults:tells_its_parent", None).value
first = host()
KEEPER.lock.acquire()  # As another thread would that starts a child just now.
if os.fork() == 0:
    print("forked", first != host() != os.getpid(), flush=True)
    raise SystemExit
KEEPER.lock.release()
os.wait()
print("caller", first == host(), first, flush=True)
"""


def test_a_caller_that_was_forked_has_a_host_of_its_own_and_all_end_with_their_callers() -> None:
    script = a_caller(FORKS)
    said, errors = script.communicate(timeout=120)

    assert errors == ""
    forked, caller = said.splitlines()
    assert forked == "forked True"
    assert caller.startswith("caller True")
    with pytest.raises(ProcessLookupError):
        os.kill(int(caller.split()[-1]), 0)


FORKS_ITS_HOST = """
import os
import signal
from pathlib import Path
from solvers.child import run_in_child
from solvers.child_hosted import end_host, fork_host
host = lambda: run_in_child("child_faults:tells_its_parent", None).value
fork_host()
first = host()
print(first == host())
print(Path(f"/proc/{first}/cmdline").read_text() == Path("/proc/self/cmdline").read_text())
os.kill(first, signal.SIGKILL)
host()  # It may find the host still dying, and do without.
second = host()
print(second not in (first, os.getpid()))
end_host()
try:
    os.waitpid(-1, 0)
except ChildProcessError:
    print("nobody is left")
"""


def test_a_caller_that_has_loaded_everything_can_fork_its_host_and_end_it() -> None:
    """It is a copy of the caller, and where it is killed, one that is started anew takes its place."""
    said, errors = a_caller(FORKS_ITS_HOST).communicate(timeout=120)

    assert errors == ""
    assert said.splitlines() == ["True", "True", "True", "nobody is left"]


STOPS = """
from solvers.child import run_in_child
run_in_child("child_faults:stops", None, on_report=lambda report: print(*report, flush=True))
"""


@pytest.mark.parametrize("whom", ["caller", "group"])
def test_nothing_is_left_of_a_caller_that_is_killed(whom: str) -> None:
    """Its child is stopped and cannot notice by itself; the host is in the caller's process group, and so is it."""
    script = a_caller(STOPS)
    assert script.stdout is not None
    pids = [int(word) for word in script.stdout.readline().split()]
    assert [os.getpgid(pid) for pid in pids] == [script.pid, script.pid]
    ends = [os.pidfd_open(pid) for pid in pids]
    (os.kill if whom == "caller" else os.killpg)(script.pid, signal.SIGKILL)
    script.communicate(timeout=60)

    for end in ends:
        assert select.select([end], [], [], 60)[0]
        os.close(end)


def a_caller(program: str) -> subprocess.Popen[str]:
    """Start a caller in a process group of its own, in which warnings are errors."""
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-c", program],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
