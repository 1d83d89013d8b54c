"""`lifeline explain`: why a plan is as it is, job by job, and when who is back because of what."""

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
)


def explain(
    name_or_folder: SystemName,
    plan: Annotated[
        Path,
        typer.Argument(
            metavar="PLAN",
            help="A plan.json, or a .csv with the columns crew, job, position.",
            show_default=False,
        ),
    ],
    job: Annotated[
        str | None,
        typer.Argument(
            metavar="[JOB]",
            help="The broken component to explain; without it the whole plan.",
            show_default=False,
        ),
    ] = None,
    damage: DamageFile = None,
    crews: CrewsFile = None,
    shifts: ShiftsFile = None,
    repair_times: RepairTimesFile = None,
    start: Start = None,
    rule: ServiceRules = None,
    etr: Annotated[
        bool, typer.Option("--etr", help="Print only when everybody is back, and what that hangs on.")
    ] = False,
    language: Annotated[
        str, typer.Option("--language", "--lang", metavar="L", help="Language of the sentences: en or zh.")
    ] = "en",
    as_json: AsJson = False,
) -> None:
    """Explain a plan: what each job is for, what an hour's delay costs, and when who is back because of what.

    With JOB, that job alone: also its best other place in the plan, and why it is late or left out.
    """
    from api.commands.evaluate import broken
    from api.console import paper
    from api.explain_report import job_report, plan_report
    from api.explanation import Explainer
    from api.inputs import system_from
    from api.json_report import printed
    from api.planning import judged_rules, problem_of
    from api.progress import showing_steps
    from api.words import LANGUAGES
    from lifeline.errors import InvalidInput
    from lifeline.etr import returns
    from lifeline.evaluation import evaluate
    from lifeline.explain import explain_job, explain_plan
    from lifeline.plan_check import check_plan
    from lifeline.plan_files import read_plan

    if language not in LANGUAGES:
        raise InvalidInput(f"--language {language!r} is not known. There are {', '.join(LANGUAGES)}.")
    if etr and job is not None:
        raise InvalidInput("--etr is about everybody; leave out JOB, or --etr.")
    files = {"damage": damage, "crews": crews, "shifts": shifts, "repair_times": repair_times}
    with showing_steps() as steps:
        steps.now(f"Reading {name_or_folder}")
        problem = problem_of(system_from(name_or_folder, files, start=start, rules=rule))
        theirs = read_plan(problem, plan)
        # What a plan leaves out can be explained; what cannot be carried out cannot.
        violations = [broke for broke in check_plan(problem, theirs) if broke.rule != "job_forgotten"]
        if violations:
            raise broken(plan, violations, as_json=as_json)
        evaluation = evaluate(problem, theirs)
        explainer = Explainer.of(paper(), LANGUAGES[language], evaluation)
        words, clock = explainer.words, explainer.clock
        if job is not None:
            steps.now(f"Trying every other place for {job}")
            of_job = explain_job(evaluation, job)
        else:
            steps.now("Leaving out one job after the other")
            back = returns(evaluation)
            if not etr or as_json:
                rules = judged_rules(problem, steps)
                best = min(rules, key=lambda name: rules[name].objective)
                steps.now("Delaying and moving one job after the other")
                of_plan = explain_plan(evaluation, rules[best].plan)
    if job is not None:
        if as_json:
            typer.echo(printed(job_report(evaluation, of_job, words, clock)))
        else:
            explainer.print_job(of_job)
        return
    if as_json:
        objective = rules[best].objective
        report = plan_report(evaluation, of_plan, back, words, clock, rule=best, rule_objective=objective)
        typer.echo(printed(report))
        return
    if not etr:
        explainer.print_plan(of_plan, best, rules[best].person_hours)
    explainer.print_returns(back, every_row=etr)
