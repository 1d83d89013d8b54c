"""`lifeline plan`: an order of work for every crew, what it is worth, and why."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from api.inputs import (
    AsJson,
    CrewsFile,
    DamageFile,
    Fairness,
    RepairTimesFile,
    ServiceRules,
    ShiftsFile,
    Start,
    SystemName,
    VulnerableWeight,
)

METHODS = (
    "auto",
    "local_search",
    "cp_sat",
    "bundles",
    "nearest",
    "most_customers",
    "customers_per_crew_hour",
    "upstream",
    "critical_first",
    "exhaustive",
)

OutFolder = Annotated[
    Path | None,
    typer.Option(
        "--out",
        metavar="DIR",
        help="Folder for plan.json, worklists.csv, etr.csv, recovery.csv, plan.geojson and two pictures.",
        show_default=False,
    ),
]


def plan(
    name_or_folder: SystemName,
    damage: DamageFile = None,
    crews: CrewsFile = None,
    shifts: ShiftsFile = None,
    repair_times: RepairTimesFile = None,
    start: Start = None,
    rule: ServiceRules = None,
    fairness: Fairness = None,
    vulnerable_weight: VulnerableWeight = None,
    seconds: Annotated[
        float | None,
        typer.Option(metavar="S", help="Stop searching after this many seconds.", show_default=False),
    ] = None,
    evaluations: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            help="Stop after this many plans and moves tried, rejected moves among them (the rules of thumb "
            "that a search starts from come on top); such a run can be repeated.",
            show_default=False,
        ),
    ] = None,
    seed: Annotated[int, typer.Option(metavar="N", min=0, help="Start of the random numbers.")] = 0,
    method: Annotated[str, typer.Option(metavar="M", help=f"One of {', '.join(METHODS)}.")] = METHODS[0],
    out: OutFolder = None,
    as_json: AsJson = False,
) -> None:
    """Plan the repairs: who is out, who goes where first and why, when people are back."""
    from api.answer import answer
    from api.inputs import system_from
    from api.outputs import refuse_foreign
    from api.planning import planned, problem_of
    from api.progress import showing_steps
    from solvers import Budget

    if out is not None:
        refuse_foreign(out)
    budget = Budget(evaluations=evaluations, seconds=seconds)
    files = {"damage": damage, "crews": crews, "shifts": shifts, "repair_times": repair_times}
    with showing_steps() as steps:
        steps.now(f"Reading {name_or_folder}")
        system = system_from(
            name_or_folder,
            files,
            start=start,
            rules=rule,
            fairness=fairness,
            vulnerable_weight=vulnerable_weight,
        )
        problem = problem_of(system)
        outcome = planned(problem, method=method, budget=budget, seed=seed, steps=steps)
    answer(outcome, out=out, as_json=as_json)
