"""Whatever goes wrong ends in one message and an exit code; nobody ever sees a traceback they did not ask for."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from api.commands import scenarios
from lifeline.errors import InfeasiblePlan, InvalidInput, SolverFailure, UnknownComponent

CHECKOUT = Path(__file__).resolve().parents[2]
COMMAND = (sys.executable, "-c", "from api.command_line import main; main()")
READY = 120  # seconds a loaded machine may take to start


def fail(failure: Exception):
    def raise_it(*_: object, **__: object) -> None:
        raise failure

    return raise_it


@pytest.mark.parametrize("failure", [KeyError("x"), RuntimeError("a\nb"), SolverFailure("gave up")])
def test_our_own_faults_are_exit_code_1_and_one_sentence_with_where_to_report(lifeline, monkeypatch, failure):
    monkeypatch.setattr("scenarios.list_scenarios", fail(failure))
    answer = lifeline("scenarios")
    assert (answer.code, answer.out) == (1, "")
    assert type(failure).__name__ in answer.err
    assert "report it as an issue of lifeline-recovery" in answer.err
    assert "Traceback" not in answer.err
    assert len(answer.err.splitlines()) == 1


@pytest.mark.parametrize("kind", [InvalidInput, UnknownComponent, InfeasiblePlan])
def test_what_the_user_can_mend_is_exit_code_2_with_its_message(lifeline, monkeypatch, kind):
    monkeypatch.setattr("scenarios.list_scenarios", fail(kind("Try another one.")))
    answer = lifeline("scenarios")
    assert (answer.code, answer.err) == (2, "lifeline: Try another one.\n")


def test_the_traceback_is_there_for_those_who_ask(lifeline, monkeypatch):
    monkeypatch.setenv("LIFELINE_DEBUG", "1")
    monkeypatch.setattr("scenarios.list_scenarios", fail(KeyError("x")))
    answer = lifeline("scenarios")
    assert answer.code == 1
    assert "Traceback" in answer.err


def test_trouble_with_a_file_is_bad_input_and_names_the_file(lifeline, monkeypatch):
    monkeypatch.setattr("scenarios.list_scenarios", fail(PermissionError(13, "Permission denied", "a.csv")))
    answer = lifeline("scenarios")
    assert (answer.code, answer.err) == (2, "lifeline: a.csv: Permission denied.\n")


def test_messages_cannot_steer_the_terminal(lifeline, monkeypatch):
    monkeypatch.setattr("scenarios.list_scenarios", fail(PermissionError(13, "denied", "\x1b[2Jx")))
    assert "\x1b" not in lifeline("scenarios").err


def test_ctrl_c_before_there_is_a_plan_stops_with_130(lifeline, monkeypatch):
    monkeypatch.setattr("scenarios.list_scenarios", fail(KeyboardInterrupt()))
    answer = lifeline("scenarios")
    assert (answer.code, answer.err) == (130, "lifeline: stopped.\n")


def test_every_verb_is_guarded_the_verbs_themselves_are_not():
    """The guard is put around the verbs in one place, so a new verb cannot forget it."""
    from api.command_line import VERBS, app

    callbacks = [command.callback for command in app.registered_commands]
    assert [callback.__wrapped__ for callback in callbacks] == list(VERBS.values())
    assert not hasattr(scenarios.scenarios, "__wrapped__")


def test_a_reader_who_leaves_early_is_no_failure():
    """`lifeline cascade ... --json | head -1`: more is written than a pipe holds, and nobody reads it."""
    environment = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
    words = [*COMMAND, "cascade", "aldermouth", "--json"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment) as command:
        assert command.stdout.readline() == b"{\n"
        command.stdout.close()
        errors = command.stderr.read()
        assert (command.wait(READY), errors) == (0, b"")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no /dev/full")
def test_a_full_disk_is_told_of():
    with open("/dev/full", "wb") as full:
        ended = subprocess.run(
            [*COMMAND, "scenarios"],
            stdout=full,
            stderr=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
            check=False,
        )
    assert ended.returncode == 2
    assert ended.stderr == b"lifeline: No space left on device.\n"


def interrupted_search(times: int, handler: str = "default_int_handler") -> tuple[int, bytes, bytes]:
    """Run a search of ten minutes that presses Ctrl-C itself, some times over, as soon as it is under way.

    In its own thread: two signals to the process may be heard as one by a thread that is busy elsewhere. What Ctrl-C
    does is set here: tests begun in the background of a shell would hand on that it does nothing.
    """
    script = f"""
import signal
from api import command_line, progress
signal.signal(signal.SIGINT, signal.{handler})
show = progress.Steps._show
def press_and_show(self, *words):
    for _ in range({times}):
        signal.raise_signal(signal.SIGINT)
    show(self, *words)
progress.Steps._show = press_and_show
command_line.main()
"""
    words = ("plan", "three_towns", "--json", "--seconds", "600")
    environment = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
    ended = subprocess.run(
        [sys.executable, "-c", script, *words],
        capture_output=True,
        env=environment,
        check=False,
        timeout=READY,
    )
    return ended.returncode, ended.stdout, ended.stderr


def test_ctrl_c_during_the_search_gives_the_best_plan_so_far():
    code, out, errors = interrupted_search(times=1)
    assert (code, errors) == (0, b"")
    report = json.loads(out)
    assert report["stopped_by"] == "cancelled"
    assert report["reproducible"] is False
    assert report["person_hours"] <= report["rules"]["most_customers"]


def test_a_second_ctrl_c_stops_everything():
    assert interrupted_search(times=2) == (130, b"", b"lifeline: stopped.\n")


def test_begun_in_the_background_of_a_shell_a_search_does_not_hear_ctrl_c():
    code, out, errors = interrupted_search(times=2, handler="SIG_IGN")
    assert (code, errors) == (0, b"")
    assert json.loads(out)["stopped_by"] != "cancelled"
