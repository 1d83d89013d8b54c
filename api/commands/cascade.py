"""`lifeline cascade`: who is without service after the shock, wave by wave, and because of what."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.inputs import AsJson, DamageFile, ServiceRules, Start, SystemName

if TYPE_CHECKING:
    from lifeline.cascade import Cascade
    from lifeline.causes import Cause


def cascade(
    name_or_folder: SystemName,
    damage: DamageFile = None,
    start: Start = None,
    rule: ServiceRules = None,
    why: Annotated[
        str | None,
        typer.Option(
            metavar="COMPONENT", help="Say why this component is without service.", show_default=False
        ),
    ] = None,
    show_all: Annotated[bool, typer.Option("--all", help="Print every row of the waves.")] = False,
    picture: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.png",
            help="Draw a map of what went dark when, and the people without service over time.",
            show_default=False,
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show what the damage does while nothing is repaired: who is out, wave by wave, and because of what."""
    from api.cascade_summary import print_cascade, print_cause
    from api.console import paper
    from api.inputs import system_from
    from api.json_report import printed
    from api.progress import showing_steps
    from lifeline.cascade import propagate
    from lifeline.shock import Shock

    with showing_steps() as steps:
        steps.now(f"Reading {name_or_folder}")
        system = system_from(name_or_folder, {"damage": damage}, start=start, rules=rule)
        steps.now("Following the failures")
        found = propagate(system, Shock.from_table(system, system.damage))
        cause = None if why is None else found.cause_of(why)
        report = _report(found, cause)
        if picture is not None:
            from api.cascade_picture import draw_cascade

            steps.now(f"Drawing {picture}")
            draw_cascade(found, picture)
    if as_json:
        typer.echo(printed(report))
    elif cause is not None:
        print_cause(paper(), cause)
    else:
        print_cascade(paper(), found, every_row=show_all)


def _report(found: Cascade, cause: Cause | None) -> dict[str, Any]:
    if cause is not None:
        steps = [
            {
                "component": step.component,
                "because": step.because,
                "upstream": step.upstream,
                "minute": step.minute,
            }
            for step in cause.chain
        ]
        return {
            "component": cause.component,
            "broken": cause.broken,
            "sentence": cause.sentence,
            "chain": steps,
        }
    return {
        "system": found.system.name,
        "broken": list(found.shock.components),
        "people_without": found.people_without,
        "people_without_later": found.people_without_later,
        "people_stuck": found.people_stuck,
        "people_over_time": found.people_over_time.to_dict("records"),
        "without_service": sorted(found.without_service),
        "without_service_later": sorted(found.without_service_later),
        "waves": found.waves.to_dict("records"),
        "loops": [list(loop) for loop in found.loops],
        "restart_loops": [{**asdict(loop), "sentence": loop.sentence} for loop in found.restart_loops],
    }
