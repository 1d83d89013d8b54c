"""Hands a PuLP program to HiGHS or CBC: what came back, a bound, and never nothing because time ran out."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from math import inf
from pathlib import Path
from typing import Any, Literal

import pulp

MilpSolver = Literal["highs", "cbc"]

EXACT = 1e-9
"The gap, as a share of the value, at which an optimum counts as proven."


@dataclass(frozen=True)
class Answer:
    """What a solver found: whether a solution is in the variables, its value, and a value that none can be below."""

    found: bool
    value: float
    bound: float
    proven: bool


def run_program(
    program: pulp.LpProblem,
    *,
    seconds: float | None = None,
    solver: MilpSolver | None = None,
    start: Mapping[str, float] | None = None,
    gap: float = EXACT,
) -> Answer:
    """Solve a program that minimises, single-threaded, and leave the best solution found in its variables.

    Without a solver named, HiGHS, or CBC where HiGHS is not installed. `start` gives variables by name; HiGHS
    fills in the others and begins there.
    """
    chosen = solver or ("highs" if pulp.HiGHS(msg=False).available() else "cbc")
    return _run_highs(program, seconds, start, gap) if chosen == "highs" else _run_cbc(program, seconds, gap)


def _run_highs(
    program: pulp.LpProblem, seconds: float | None, start: Mapping[str, float] | None, gap: float
) -> Answer:
    class StartedHiGHS(pulp.HiGHS):  # type: ignore[misc]
        """PuLP's HiGHS, begun from a solution, which PuLP itself cannot say."""

        def callSolver(self, lp: Any) -> None:  # noqa: N802 - PuLP's name
            if start:
                named = [
                    (variable.index, start[variable.name])
                    for variable in lp.variables()
                    if variable.name in start
                ]
                lp.solverModel.setSolution(
                    len(named), [index for index, _ in named], [value for _, value in named]
                )
            lp.solverModel.run()

    program.solve(StartedHiGHS(msg=False, gapRel=gap, gapAbs=1e-6, threads=1, timeLimit=seconds))
    highs = program.solverModel
    info = highs.getInfo()
    found = info.primal_solution_status == 2
    proven = str(highs.getModelStatus()).endswith("kOptimal")
    is_mip = any(variable.cat == pulp.LpInteger for variable in program.variables())
    bound = info.mip_dual_bound if is_mip else (info.objective_function_value if proven else -inf)
    # PuLP hands HiGHS no constant of the objective.
    constant = program.objective.constant
    value = info.objective_function_value + constant if found else inf
    return Answer(found, value, bound + constant, proven)


_CBC_BOUND = re.compile(
    r"^(?:Lower bound|Best possible solution|Continuous objective value is)\D*([-+0-9.e]+)", re.M
)


def _run_cbc(program: pulp.LpProblem, seconds: float | None, gap: float) -> Answer:
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "cbc.log"
        cbc = pulp.COIN_CMD(
            path=pulp.apis.coin_api.PULP_CBC_CMD.pulp_cbc_path,
            msg=False,
            timeLimit=seconds,
            gapRel=gap,
            threads=1,
            logPath=str(log),
        )
        program.solve(cbc)
        bounds = [float(number) for number in _CBC_BOUND.findall(log.read_text())]
    proven = program.sol_status == pulp.LpSolutionOptimal
    found = program.sol_status in (pulp.LpSolutionOptimal, pulp.LpSolutionIntegerFeasible)
    value = pulp.value(program.objective) if found else inf
    constant = program.objective.constant
    return Answer(found, value, value if proven else max(bounds, default=-inf) + constant, proven)
