"""`lifeline frontier`: a few plans from "most people first" to "no district left behind", each with its price."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from api.inputs import (
    AsJson,
    CrewsFile,
    DamageFile,
    RepairTimesFile,
    ServiceRules,
    ShiftsFile,
    Start,
    SystemName,
    VulnerableWeight,
)


def frontier(
    name_or_folder: SystemName,
    damage: DamageFile = None,
    crews: CrewsFile = None,
    shifts: ShiftsFile = None,
    repair_times: RepairTimesFile = None,
    start: Start = None,
    rule: ServiceRules = None,
    vulnerable_weight: VulnerableWeight = None,
    plans: Annotated[int, typer.Option(metavar="N", help="Show at most so many plans, from 2 to 12.")] = 7,
    seconds: Annotated[
        float | None,
        typer.Option(metavar="S", help="Stop searching after this many seconds.", show_default=False),
    ] = None,
    evaluations: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            help="Stop after about this many plans and moves tried; such a run can be repeated.",
            show_default=False,
        ),
    ] = None,
    seed: Annotated[int, typer.Option(metavar="N", min=0, help="Start of the random numbers.")] = 0,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="DIR",
            help="Folder for frontier.csv, frontier_districts.csv, frontier.png and a folder for each plan.",
            show_default=False,
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Weigh most people first against no district left behind: a few plans, and what each costs."""
    from api.console import paper
    from api.frontier_files import refuse_foreign_frontier, write_frontier
    from api.frontier_report import frontier_report, print_frontier
    from api.inputs import system_from
    from api.json_report import printed
    from api.planning import problem_of
    from api.progress import showing_steps
    from solvers import Budget
    from solvers.frontier import frontier as find_frontier

    if out is not None:
        refuse_foreign_frontier(out)
    budget = Budget(evaluations=evaluations, seconds=seconds)
    files = {"damage": damage, "crews": crews, "shifts": shifts, "repair_times": repair_times}
    with showing_steps() as steps:
        steps.now(f"Reading {name_or_folder}")
        system = system_from(
            name_or_folder, files, start=start, rules=rule, vulnerable_weight=vulnerable_weight
        )
        problem = problem_of(system)
        with steps.search(budget) as on_progress:
            found = find_frontier(
                problem, budget=budget, seed=seed, most_plans=plans, on_progress=on_progress
            )
        if out is not None:
            steps.now(f"Writing {out}")
            write_frontier(found, out)
    if as_json:
        typer.echo(printed(frontier_report(problem, found, seed)))
        return
    console = paper()
    print_frontier(console, problem, found)
    if out is not None:
        console.print(f"Written to {out}: {', '.join(sorted(entry.name for entry in out.iterdir()))}")
