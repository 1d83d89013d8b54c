"""Children: they answer, refuse, crash, hang and eat memory, and nothing of them is left."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from running_children import Running
from worlds import town

from api.jobs.children import Children, Outcome
from lifeline import write_system

FAULTS = "job_faults:"
MANY_SECONDS = 60.0


def run(running: Running, name: str, argument: Any = None, **options: Any) -> Outcome:
    options = {"seconds": MANY_SECONDS, **options}
    return running.do(running.children.run(FAULTS + name, argument, **options))


def is_alive(pid: int) -> bool:
    try:
        status = Path(f"/proc/{pid}/stat").read_text(encoding="ascii")
    except (FileNotFoundError, ProcessLookupError):
        return False
    return status.rsplit(")", 1)[1].split()[0] != "Z"


def wait_until_dead(*pids: int) -> None:
    for _ in range(600):
        if not any(map(is_alive, pids)):
            return
        time.sleep(0.05)
    raise AssertionError(f"still alive: {[pid for pid in pids if is_alive(pid)]}")


def test_a_child_reports_and_answers(running: Running) -> None:
    reports: list[Any] = []
    outcome = run(running, "echo", {"people": 120, "name": "阿什"}, on_report=reports.append)
    assert (outcome.ending, outcome.value) == ("finished", {"people": 120, "name": "阿什"})
    assert reports == [{"heard": {"people": 120, "name": "阿什"}}]


def test_each_child_leads_a_group_of_its_own_and_steps_back(running: Running) -> None:
    told = run(running, "whoami", niceness=7).value
    assert told["group"] == told["pid"] != os.getpgrp()
    assert told["nice"] == os.nice(0) + 7
    assert told["policy"] == os.SCHED_OTHER
    assert told["session"] == os.getsid(0), "else its session competes with the service as an equal"


def test_a_child_that_steps_back_as_far_as_can_be_runs_only_while_nobody_else_wants_to(
    running: Running,
) -> None:
    told = run(running, "whoami", niceness=19).value
    assert (told["nice"], told["policy"]) == (19, os.SCHED_IDLE)


def test_a_child_reaches_no_network_not_even_this_machine(running: Running) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        told = run(running, "reach_out", server.getsockname()[1]).value
    if told["network"] == os.readlink("/proc/self/ns/net"):
        pytest.skip("here nobody may leave the network")
    assert told["answer"] == "OSError", "the network is unreachable"


def test_a_child_is_told_nothing_of_what_the_service_was_told_in_secret(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("LIFELINE_DATABASE_URL", "PGPASSWORD", "PGPASSFILE", "AWS_SECRET_ACCESS_KEY", "DBOS_TOKEN"):
        monkeypatch.setenv(name, "CANARY")
    running = Running()
    try:
        told = run(running, "surroundings").value
    finally:
        running.close()
    assert "PATH" in told
    assert "CANARY" not in told.values()


def test_what_is_only_passed_on_comes_as_json_text(running: Running) -> None:
    outcome = run(running, "echo", {"people": 120, "name": "阿什\n"}, as_text=True)
    assert (outcome.ending, outcome.value) == ("finished", '{"people":120,"name":"阿什\\n"}'.encode())


def test_what_was_asked_wrongly_is_refused_with_every_bad_place(running: Running) -> None:
    outcome = run(running, "refuse")
    assert (outcome.ending, outcome.kind) == ("refused", "InvalidInput")
    assert "crews, row 3, id = 'red': is there twice; keep one." in outcome.message
    assert [(problem["table"], problem["row"]) for problem in outcome.problems] == [("crews", 3)]


@pytest.mark.parametrize(
    ("name", "ending", "words"),
    [
        ("stumble", "crashed", "RuntimeError: a fault of ours"),
        ("kill_itself", "crashed", "by signal 9"),
        ("abort", "crashed", "by signal 6"),
        ("eat_memory", "memory", "out of memory"),
        ("say_garbage", "crashed", "cannot be read"),
        ("no_such_function", "crashed", "AttributeError"),
    ],
)
def test_a_child_may_crash_in_many_ways(running: Running, name: str, ending: str, words: str) -> None:
    outcome = run(running, name, memory_bytes=1 << 28)
    assert outcome.ending == ending
    assert words in outcome.message
    assert run(running, "echo", 1).value == 1


def test_what_a_library_prints_is_no_answer(running: Running) -> None:
    assert run(running, "print_garbage").value == "said what it had to say"


def test_at_its_deadline_a_child_is_killed_with_all_it_has_started(running: Running) -> None:
    reports: list[dict[str, int]] = []
    outcome = run(running, "sleep_with_a_child_of_its_own", seconds=2.0, on_report=reports.append)
    assert outcome.ending == "seconds"
    wait_until_dead(*reports[0].values())


def test_a_call_to_stop_kills_a_child(running: Running) -> None:
    reports: list[dict[str, int]] = []

    async def stopped() -> Outcome:
        call = asyncio.Event()

        def stop(report: dict[str, int]) -> None:
            reports.append(report)
            call.set()

        return await running.children.run(
            FAULTS + "sleep_for_ever", None, seconds=MANY_SECONDS, on_report=stop, cancel=call
        )

    assert running.do(stopped()).ending == "cancelled"
    wait_until_dead(reports[0]["pid"])


def test_when_the_host_dies_its_children_end_and_the_next_ones_come_from_another(running: Running) -> None:
    reports: list[dict[str, int]] = []
    host = running.children._host
    assert host is not None

    def kill_host(report: dict[str, int]) -> None:
        reports.append(report)
        os.kill(host.process.pid, signal.SIGKILL)

    outcome = run(running, "sleep_with_a_child_of_its_own", on_report=kill_host)
    assert outcome.ending == "crashed"
    wait_until_dead(*reports[0].values())
    assert run(running, "echo", 2).value == 2


def test_without_a_host_a_child_is_started_the_slow_way() -> None:
    async def cold() -> tuple[Outcome, Outcome]:
        import api.jobs.children as module

        children = Children()
        patience, module.HOST_PATIENCE_SECONDS = module.HOST_PATIENCE_SECONDS, 0.01
        try:
            answered = await children.run(FAULTS + "echo", 3, seconds=MANY_SECONDS)
            return answered, await children.run(FAULTS + "kill_itself", 3, seconds=MANY_SECONDS)
        finally:
            module.HOST_PATIENCE_SECONDS = patience

    answered, killed = asyncio.run(cold())
    assert answered.value == 3
    assert killed == Outcome("crashed", message="The child process was ended by signal 9.")


def test_a_child_buries_the_solvers_host_before_it_answers(running: Running) -> None:
    """Who has the answer kills the group; of a host that were still there, nobody would take the number back."""
    told = run(running, "has_a_child_of_the_solvers").value
    assert told["host"] != told["own"]
    with pytest.raises(ProcessLookupError):
        os.kill(told["host"], 0)


@pytest.mark.parametrize("warming", ["job_faults:nothing", "solvers.child_host:load"])
def test_a_plan_is_proven_with_cp_sat_loaded_or_not(warming: str, tmp_path: Path) -> None:
    """Two customers, 30 and 10 persons, an hour of work each: 30 * 60 + 10 * 120 person-minutes are the least."""
    system = town(
        power="P1*-P2 P1-P3",
        people={"P2": 30, "P3": 10},
        places=dict.fromkeys(("P1", "P2", "P3"), (0.0, 0.0)),
        damage={"P1-P2": 60, "P1-P3": 60},
        crews={"red": "power"},
    )
    write_system(system, tmp_path / "town.zip")
    argument = {"system": str(tmp_path / "town.zip"), "method": "cp_sat", "evaluations": 10_000, "seed": 0}
    others = Running(warming)
    try:
        outcome = others.do(others.children.run("api.jobs.work:plan", argument, seconds=MANY_SECONDS))
    finally:
        others.close()
    assert outcome.ending == "finished"
    assert (outcome.value["objective"], outcome.value["label"]) == (3_000_000, "optimal")


SERVICE = """
import asyncio, sys
from api.jobs.children import Children

async def serve():
    children = Children(warming="job_faults:nothing")
    await children.start()
    await children.is_warm.wait()
    print(children._host.process.pid, flush=True)
    tell = lambda report: print(report["pid"], report["own"], flush=True)
    await children.run("job_faults:sleep_with_a_child_of_its_own", None, seconds=600, on_report=tell)

asyncio.run(serve())
"""


def test_after_kill_9_of_the_service_nothing_is_left() -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    service = subprocess.Popen(
        [sys.executable, "-c", SERVICE], stdout=subprocess.PIPE, env=environment, text=True
    )
    assert service.stdout is not None
    with service.stdout as told:
        host, (child, own) = int(told.readline()), map(int, told.readline().split())
        assert all(map(is_alive, (host, child, own)))
        service.kill()
        service.wait()
        wait_until_dead(host, child, own)
