"""`lifeline evaluate`: what a plan of your own is worth, and which rules it breaks."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.commands.plan import OutFolder
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

if TYPE_CHECKING:
    from lifeline.plan_check import Violation


def evaluate(
    name_or_folder: SystemName,
    plan: Annotated[
        Path,
        typer.Argument(
            metavar="PLAN",
            help="A plan.json, or a .csv with the columns crew, job, position.",
            show_default=False,
        ),
    ],
    damage: DamageFile = None,
    crews: CrewsFile = None,
    shifts: ShiftsFile = None,
    repair_times: RepairTimesFile = None,
    start: Start = None,
    rule: ServiceRules = None,
    fairness: Fairness = None,
    vulnerable_weight: VulnerableWeight = None,
    out: OutFolder = None,
    as_json: AsJson = False,
) -> None:
    """Check a plan of your own and say what it is worth beside the rules of thumb."""
    from api.answer import answer
    from api.inputs import system_from
    from api.outputs import refuse_foreign
    from api.planning import given, problem_of
    from api.progress import showing_steps
    from lifeline.plan_check import check_plan
    from lifeline.plan_files import read_plan

    if out is not None:
        refuse_foreign(out)
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
        theirs = read_plan(problem, plan)
        violations = check_plan(problem, theirs)
        if violations:
            raise broken(plan, violations, as_json=as_json)
        outcome = given(problem, theirs, steps)
    answer(outcome, out=out, as_json=as_json)


def broken(path: Path, violations: Sequence[Violation], *, as_json: bool) -> Exception:
    """Return an error that names every rule the plan breaks; programs get them as an object as well."""
    from dataclasses import asdict

    from api.json_report import printed
    from api.wording import counted
    from lifeline.errors import InvalidInput

    if as_json:
        typer.echo(printed({"violations": [asdict(violation) for violation in violations]}))
    lines = [f"{violation.rule}: {violation.message}" for violation in violations]
    return InvalidInput(
        "\n  ".join([f"{path} cannot be carried out, {counted(len(lines), 'broken rule')}:", *lines])
    )
