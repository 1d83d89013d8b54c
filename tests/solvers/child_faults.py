"""What may happen to a child process, for the tests: each function goes wrong in one way, or goes well."""

import os
import signal
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
