"""What a child may do to the service: functions for children, each with a fault of its own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

Report = Callable[[Any], None]


def echo(argument: Any, report: Report) -> Any:
    report({"heard": argument})
    return argument


def whoami(argument: Any, report: Report) -> dict[str, int]:
    return {
        "pid": os.getpid(),
        "group": os.getpgrp(),
        "session": os.getsid(0),
        "nice": os.nice(0),
        "policy": os.sched_getscheduler(0),
    }


def surroundings(argument: Any, report: Report) -> dict[str, str]:
    return dict(os.environ)


def reach_out(argument: Any, report: Report) -> dict[str, str]:
    """Tell which network this process is in, and what comes of calling a port of this machine."""
    network = os.readlink("/proc/self/ns/net")
    try:
        socket.create_connection(("127.0.0.1", argument), timeout=5).close()
    except OSError as trouble:
        return {"network": network, "answer": type(trouble).__name__}
    return {"network": network, "answer": "came through"}


def sleep_for_ever(argument: Any, report: Report) -> None:
    report({"pid": os.getpid()})
    time.sleep(3600)


def sleep_with_a_child_of_its_own(argument: Any, report: Report) -> None:
    own = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(3600)"])
    report({"pid": os.getpid(), "own": own.pid})
    time.sleep(3600)


def kill_itself(argument: Any, report: Report) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def abort(argument: Any, report: Report) -> None:
    os.abort()


def eat_memory(argument: Any, report: Report) -> None:
    eaten = []
    while True:
        eaten.append(bytearray(1 << 24))


def print_garbage(argument: Any, report: Report) -> str:
    os.write(1, b"{not json\n")
    sys.stdout.write("{nor this\n")
    sys.stdout.flush()
    return "said what it had to say"


def say_garbage(argument: Any, report: Report) -> None:
    for number in range(3, 200):
        try:
            os.write(number, b"{not json\n")
        except OSError:
            continue
    time.sleep(3600)


def refuse(argument: Any, report: Report) -> None:
    from lifeline.errors import InvalidInput, Problem

    raise InvalidInput.of([Problem("crews", 3, "id", "red", "is there twice; keep one.")])


def stumble(argument: Any, report: Report) -> None:
    raise RuntimeError("a fault of ours")


def tell_a_plan(report: Report, objective: int, label: str = "feasible") -> None:
    told = {"phase": "rules", "objective": objective, "bound": None, "seconds": 0.1, "label": label}
    report({**told, "plan": f"plan of {objective}", "plan_sha256": f"{objective:064d}"})


def plan_then_hang(argument: Any, report: Report) -> None:
    tell_a_plan(report, 900)
    tell_a_plan(report, 700)
    time.sleep(3600)


def plan_then_prove_more(argument: Any, report: Report) -> None:
    tell_a_plan(report, 900)
    time.sleep(1.5)
    report({"phase": "search", "objective": 900, "bound": 500, "seconds": 1.5})
    time.sleep(3600)


def plan_then_crash(argument: Any, report: Report) -> None:
    tell_a_plan(report, 800)
    os.kill(os.getpid(), signal.SIGKILL)


def tell_an_answer(report: Report, worked_out: int) -> None:
    told = {"phase": "base", "seconds": 0.1, "worked_out": worked_out}
    report({**told, "answer": {"variants": worked_out}})


def answer_in_part_and_hang(argument: Any, report: Report) -> None:
    tell_an_answer(report, 0)
    tell_an_answer(report, 2)
    tell_an_answer(report, 1)
    time.sleep(3600)


def answer_in_part_and_crash(argument: Any, report: Report) -> None:
    tell_an_answer(report, 2)
    os.kill(os.getpid(), signal.SIGKILL)


def plan_well(argument: Any, report: Report) -> dict[str, Any]:
    tell_a_plan(report, 800)
    return {"label": "optimal", "objective": 600, "documents": {"plan": "plan of 600"}}


def understudy(argument: Any, report: Report) -> dict[str, Any]:
    tell_a_plan(report, 1000, "rule")
    return {"label": "rule", "objective": 1000, "documents": {"plan": "plan of 1000"}}


def hang(argument: Any, report: Report) -> None:
    time.sleep(3600)


def has_a_child_of_the_solvers(argument: Any, report: Report) -> dict[str, int]:
    from solvers.child import run_in_child

    outcome = run_in_child("job_faults:tells_its_parent", None)
    return {"own": os.getpid(), "host": outcome.value}


def tells_its_parent(argument: Any, report: Report) -> int:
    return os.getppid()


def nothing() -> None:
    """Stand in for the loading of a warm host."""
