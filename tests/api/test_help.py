"""Help answers at once, and loads none of what only the verbs need."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from api.command_line import VERBS
from api.commands.plan import METHODS
from solvers import SOLVERS

CHECKOUT = Path(__file__).resolve().parents[2]
HEAVY = (
    "pandas",
    "numba",
    "matplotlib",
    "networkx",
    "ortools",
    "fastapi",
    "lifeline",
    "solvers",
    "scenarios",
)


def python(*words: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
    return subprocess.run(
        [sys.executable, *words], capture_output=True, text=True, env=environment, check=False
    )


def test_help_names_every_verb(lifeline):
    answer = lifeline("--help")
    assert answer.code == 0
    for verb in VERBS:
        assert verb in answer.out


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help(lifeline, verb):
    answer = lifeline(verb, "--help")
    assert answer.code == 0
    assert f"lifeline {verb}" in answer.out


def test_help_of_plan_names_every_option_of_the_issue(lifeline):
    answer = lifeline("plan", "--help")
    for option in ("--damage", "--crews", "--seconds", "--seed", "--method", "--out", "--json"):
        assert option in answer.out


def test_help_lists_the_methods_there_are():
    assert sorted(METHODS) == sorted(SOLVERS)


def test_help_loads_neither_pandas_nor_our_own_packages():
    script = (
        "import sys\n"
        "from api.command_line import main\n"
        "sys.argv = ['lifeline', '--help']\n"
        "try:\n    main()\n"
        "except SystemExit as end:\n    assert end.code == 0\n"
        f"print('LOADED', [name for name in {HEAVY!r} if name in sys.modules])\n"
    )
    ended = python("-c", script)
    assert ended.stdout.splitlines()[-1] == "LOADED []", ended.stderr


def test_without_a_verb_the_help_is_shown(lifeline):
    assert "Usage: lifeline" in lifeline().out


def test_a_mistyped_verb_is_bad_input_and_the_nearest_is_named(lifeline):
    answer = lifeline("plam")
    assert answer.code == 2
    assert "'plan'" in answer.err


def test_the_version_is_told_even_of_a_checkout_that_is_not_installed(lifeline):
    answer = lifeline("--version")
    assert answer.code == 0
    assert answer.out.startswith("lifeline")
