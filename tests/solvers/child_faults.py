"""What may happen to a child process, for the tests: each function goes wrong in one way, or goes well."""

import os
import resource
import signal
import sys
import time
from collections.abc import Callable
from typing import Any

Report = Callable[[Any], None]


def double(argument: int, report: Report) -> int:
    report({"bound": 1})
    os.write(1, b"a library talks\n")
    return 2 * argument


def is_killed(argument: Any, report: Report) -> None:
    report({"bound": 1})
    os.kill(os.getpid(), signal.SIGKILL)


def aborts(argument: Any, report: Report) -> None:
    os.abort()


def exits_without_a_word(argument: Any, report: Report) -> None:
    os._exit(3)


def raises(argument: Any, report: Report) -> None:
    raise ValueError("no such road")


def hangs(argument: Any, report: Report) -> None:
    report({"bound": 1})
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM, signal.SIGINT])
    while True:
        time.sleep(60)


def takes_memory(argument: Any, report: Report) -> None:
    kept = []
    while True:
        kept.append(bytearray(2**28))


def tells_where_it_is(argument: Any, report: Report) -> None:
    report(os.getpid())
    while True:
        time.sleep(60)


def leaves(argument: int, report: Report) -> None:
    sys.exit(argument)


def tells_its_parent(argument: Any, report: Report) -> int:
    report([os.getpid(), os.getppid()])
    return os.getppid()


def tells_its_parent_slowly(argument: Any, report: Report) -> int:
    """Whoever wants to kill it has time to."""
    host = tells_its_parent(argument, report)
    time.sleep(1)
    return host


def stops(argument: Any, report: Report) -> None:
    """Nothing wakes it any more, whatever is closed; only SIGKILL ends it."""
    report([os.getpid(), os.getppid()])
    os.kill(os.getpid(), signal.SIGSTOP)


def waits_for_a_new_parent(argument: Any, report: Report) -> str:
    host = os.getppid()
    report([os.getpid(), host])
    while os.getppid() == host:
        time.sleep(0.01)
    return "goes on"


def tells_of_itself(argument: str, report: Report) -> dict[str, Any]:
    host_threads = os.listdir(f"/proc/{os.getppid()}/task")
    return {
        "variable": os.environ.get(argument),
        "directory": os.getcwd(),
        "group": os.getpgrp(),
        "open": sorted(os.listdir("/proc/self/fd")),
        "address_space": list(resource.getrlimit(resource.RLIMIT_AS)),
        "has_cp_sat": "ortools.sat.python.cp_model" in sys.modules,
        "host_threads": len(host_threads),
    }
