"""`lifeline replan`: a plan made anew in the middle of the work, and what to tell the crews."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

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
    moment_of,
)
from api.words.replan import Language

if TYPE_CHECKING:
    from lifeline.system import Settings


def replan(
    name_or_folder: SystemName,
    plan: Annotated[
        Path,
        typer.Argument(
            metavar="PLAN",
            help="The plan that crews follow: a plan.json of plan or replan, or a .csv with the columns crew, job, "
            "position.",
            show_default=False,
        ),
    ],
    at: Annotated[
        str,
        typer.Option(
            metavar="WHEN",
            help="Now: minutes after time zero, or a clock like 2026-03-01T06:00 (local time of the system, unless an "
            "offset follows).",
            show_default=False,
        ),
    ],
    updates: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="CSV of all that the field has reported since time zero; see docs/replanning.md. Without it all went "
            "as planned.",
            show_default=False,
        ),
    ] = None,
    damage: DamageFile = None,
    crews: CrewsFile = None,
    shifts: ShiftsFile = None,
    repair_times: RepairTimesFile = None,
    start: Start = None,
    rule: ServiceRules = None,
    seconds: Annotated[
        float | None,
        typer.Option(metavar="S", help="Stop searching after this many seconds.", show_default=False),
    ] = None,
    evaluations: Annotated[
        int | None,
        typer.Option(metavar="N", help="Stop after this many changes tried.", show_default=False),
    ] = None,
    seed: Annotated[int, typer.Option(metavar="N", min=0, help="Start of the random numbers.")] = 0,
    stay: Annotated[
        int,
        typer.Option(metavar="H", min=0, help="Hours whose jobs had better stay with their crew and day."),
    ] = 24,
    language: Annotated[
        str, typer.Option("--language", "--lang", metavar="L", help="Language of the message: en or zh.")
    ] = "en",
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Folder for plan.json, diff.txt, worklists.csv and the other files of a plan.",
            show_default=False,
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Plan anew from now on: never worse than the old plan carried on, and close to it."""
    from api.crew_message import crew_message
    from api.inputs import system_from
    from api.json_report import printed
    from api.outputs import DIFF, refuse_foreign, write_outputs
    from api.planning import problem_of
    from api.progress import showing_steps
    from api.replan_report import replan_report
    from lifeline.carry_on import carry_on, with_found
    from lifeline.evaluation import evaluate
    from lifeline.news import News, read_updates
    from lifeline.plan_files import read_plan
    from solvers import Budget
    from solvers.conflicts import refuse_conflicts_from_the_start
    from solvers.replan import replan as replanned

    chosen = _language(language)
    if out is not None:
        refuse_foreign(out)
    budget = Budget(evaluations, seconds) if evaluations or seconds else None
    files = {"damage": damage, "crews": crews, "shifts": shifts, "repair_times": repair_times}
    with showing_steps() as steps:
        steps.now(f"Reading {name_or_folder}")
        problem = problem_of(system_from(name_or_folder, files, start=start, rules=rule))
        now = minute_of(problem.system.settings, at)
        news = News(now, read_updates(updates) if updates is not None else ())
        theirs = read_plan(with_found(problem, news), plan)
        refuse_conflicts_from_the_start(problem, lambda: carry_on(problem, theirs, news).problem)
        with steps.search(budget) as on_progress:
            outcome = replanned(
                problem, theirs, news, budget=budget, seed=seed, stay_hours=stay, on_progress=on_progress
            )
    message = crew_message(outcome, language=chosen)
    if out is not None:
        write_outputs(evaluate(outcome.problem, outcome.plan), out, texts={DIFF: message})
    if as_json:
        typer.echo(printed(replan_report(outcome, message)))
        return
    typer.echo(message, nl=False)
    if news.later:
        typer.echo(f"{news.later} updates are reported only after this minute and were not looked at.")
    if out is not None:
        typer.echo(f"Written to {out}: {', '.join(sorted(entry.name for entry in out.iterdir()))}")


def minute_of(settings: Settings, at: str) -> int:
    """Return the minute after time zero that a number or a clock stands for."""
    from lifeline.errors import InvalidInput

    if at.strip().isdecimal() and len(at.strip()) < 12:
        return int(at)
    moment = moment_of(settings, at)
    if moment is None:
        raise InvalidInput(
            f"--at {at!r} is neither a whole number of minutes nor a clock; write it like 360 or 2026-03-01T06:00."
        )
    minutes = int((moment - datetime.fromisoformat(settings.start)).total_seconds() // 60)
    if minutes < 0:
        raise InvalidInput(f"--at {at!r} is before time zero, which is {settings.start}.")
    return minutes


def _language(language: str) -> Language:
    from lifeline.errors import InvalidInput

    if language == "en":
        return "en"
    if language == "zh":
        return "zh"
    raise InvalidInput(f"--language {language!r} is not known. There are en, zh.")
