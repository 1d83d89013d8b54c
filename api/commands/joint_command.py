"""`lifeline joint-command`: what it is worth that crews of different owners work for each other."""

from __future__ import annotations

from typing import Annotated

import typer

from api.inputs import (
    AsJson,
    CrewsFile,
    DamageFile,
    RepairTimesFile,
    ServiceRules,
    ShiftsFile,
    SystemName,
)


def joint_command(
    name_or_folder: SystemName,
    damage: DamageFile = None,
    crews: CrewsFile = None,
    shifts: ShiftsFile = None,
    repair_times: RepairTimesFile = None,
    rule: ServiceRules = None,
    seconds: Annotated[
        float | None,
        typer.Option(metavar="S", help="Seconds for each of the searches.", show_default=False),
    ] = None,
    evaluations: Annotated[
        int | None,
        typer.Option(metavar="N", help="Plans tried in each of the searches.", show_default=False),
    ] = None,
    seed: Annotated[int, typer.Option(metavar="N", min=0, help="Start of the random numbers.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Plan twice, with all crews for all owners and each for its own, and show both side by side."""
    from api.console import paper
    from api.inputs import system_from
    from api.joint_report import joint_report, print_joint
    from api.json_report import printed
    from api.progress import showing_steps
    from solvers import Budget
    from solvers.joint_command import worth_of_joint_command

    files = {"damage": damage, "crews": crews, "shifts": shifts, "repair_times": repair_times}
    with showing_steps() as steps:
        steps.now(f"Reading {name_or_folder}")
        system = system_from(name_or_folder, files, rules=rule)
        steps.now("Planning for joint command, and for each owner by itself")
        worth = worth_of_joint_command(
            system, budget=Budget(evaluations=evaluations, seconds=seconds), seed=seed
        )
    if as_json:
        typer.echo(printed(joint_report(worth)))
    else:
        print_joint(paper(), worth)
