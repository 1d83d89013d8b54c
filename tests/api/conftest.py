"""Runs the command line inside the test's own process, and makes the small worlds it is tried on."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner
from worlds import town

from api.command_line import app
from lifeline import write_system


class Answer:
    """What a command printed and how it ended."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@pytest.fixture(scope="session")
def lifeline() -> Callable[..., Answer]:
    """Run `lifeline` with these words; what they stand for is turned into text first."""

    def run(*words: object) -> Answer:
        result = CliRunner().invoke(app, [str(word) for word in words], prog_name="lifeline")
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Answer(result.exit_code, result.stdout, result.stderr)

    return run


@pytest.fixture
def two_lines(tmp_path: Path) -> Path:
    """A folder with two customers, each behind a broken line of its own, and one crew that stands on both.

    Both repairs take 60 minutes and there is no way between them: P2 (30 persons) first costs 30 * 1 + 10 * 2 = 50
    person-hours, P3 (10 persons) first costs 10 * 1 + 30 * 2 = 70.
    """
    system = town(
        power="P1*-P2 P1-P3",
        people={"P2": 30, "P3": 10},
        places={"P1": (0.0, 0.0), "P2": (0.0, 0.0), "P3": (0.0, 0.0)},
        crews={"sparks": "power"},
        damage={"P1-P2": 60, "P1-P3": 60},
    )
    folder = tmp_path / "two_lines"
    write_system(system, folder)
    return folder
