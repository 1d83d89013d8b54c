"""A frontier of plans as a dispatcher reads it, as one JSON object, and as rows of tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.text import Text

from api.console import LEFT, RIGHT, heading, table_of
from api.summary import STOPPED
from api.wording import (
    MINUTES_PER_HOUR,
    PERMILLE,
    Clock,
    counted,
    duration,
    hours_figure,
    plain,
    weighted_hours,
)
from lifeline.evaluation import NOT_BACK
from solvers.frontier import BACK

if TYPE_CHECKING:
    from rich.console import Console

    from lifeline.repair import RepairProblem
    from solvers.frontier import Frontier, FrontierPlan

MOST_DISTRICTS = 20
NO_DISTRICT = "(no district)"


def is_weighted(problem: RepairProblem) -> bool:
    """Tell whether people or services count differently, so that plans are not compared by plain person-hours."""
    return bool((problem.system.compiled.portions.weight_permille != PERMILLE).any())


def district_name(name: str, most: int = 24) -> str:
    """Return a district's name for people to read."""
    return plain(name, most) or NO_DISTRICT


# The summary.


def print_frontier(console: Console, problem: RepairProblem, frontier: Frontier) -> None:
    """Print the plans with their prices, then what each district gets of each of them."""
    console.print(Text(plain(problem.system.name, 90), style="bold"))
    heading(console, "From most people first to no district left behind")
    if not frontier.plans[0].evaluation.district_losses:
        console.print(
            "No service that a repair can bring back was there before, so there is nothing to share."
        )
        return
    _print_plans(console, problem, frontier)
    if len(frontier.plans) == 1:
        console.print(
            "One plan is all that was found: none serves the worst-served district better than the one that is "
            "best for all people together."
        )
    _print_districts(console, frontier)
    _print_certainty(console, problem, frontier)


def _print_plans(console: Console, problem: RepairProblem, frontier: Frontier) -> None:
    weighted = is_weighted(problem)
    columns = [("Plan", LEFT), ("Person-hours", RIGHT), ("Price", RIGHT), ("", RIGHT)]
    if weighted:
        columns.insert(2, ("Weighted", RIGHT))
    table = table_of(
        *columns, ("Worst district", LEFT), ("its h/person", RIGHT), ("All 90 % back after", RIGHT)
    )
    for plan in frontier.plans:
        hours = [hours_figure(plan.evaluation.person_hours)]
        if weighted:
            hours.append(hours_figure(weighted_hours(plan.evaluation.base_objective)))
        worst = plan.worst
        table.add_row(
            plan.letter,
            *hours,
            *_price(frontier, plan),
            district_name(worst.district) if worst else "–",
            f"{worst.hours_per_person:,.2f}" if worst else "–",
            _last_back(plan),
        )
    console.print(table)
    console.print(
        "All 90 % back: from then on at most a tenth of those who were ever out is out, in every district."
    )
    if weighted:
        console.print("Prices and hours a person are weighted by service and, where set, by vulnerability.")


def _price(frontier: Frontier, plan: FrontierPlan) -> tuple[str, str]:
    if not plan.price:
        return "–", ""
    percent = 100 * plan.price / frontier.plans[0].evaluation.base_objective
    return f"+{hours_figure(weighted_hours(plan.price))}", f"{percent:.1f} %"


def _last_back(plan: FrontierPlan) -> str:
    minute = plan.last_back_minute
    if minute == NOT_BACK:
        return "never"
    return duration(minute) if minute else "–"


def _print_districts(console: Console, frontier: Frontier) -> None:
    """Print hours a person for each district and plan, the worst district of the first plan at the top."""
    heading(console, "Hours without service of a person, by district and plan")
    rows = {
        loss.district: [f"{loss.persons:,}", f"{loss.hours_per_person:,.2f}"]
        for loss in sorted(
            frontier.plans[0].evaluation.district_losses, key=lambda loss: (-loss.per_person, loss.district)
        )
    }
    for plan in frontier.plans[1:]:
        for loss in plan.evaluation.district_losses:
            rows[loss.district].append(f"{loss.hours_per_person:,.2f}")
    letters = [(plan.letter, RIGHT) for plan in frontier.plans]
    table = table_of(("District", LEFT), ("Persons", RIGHT), *letters)
    for district, cells in list(rows.items())[:MOST_DISTRICTS]:
        table.add_row(district_name(district), *cells)
    console.print(table)
    if len(rows) > MOST_DISTRICTS:
        more = counted(len(rows) - MOST_DISTRICTS, "more district")
        console.print(f"{more} not shown; --out writes all of them.")


def _print_certainty(console: Console, problem: RepairProblem, frontier: Frontier) -> None:
    heading(console, "How sure this is")
    unit = "weighted person-hours" if is_weighted(problem) else "person-hours"
    bound = hours_figure(weighted_hours(frontier.bound))
    left_out = frontier.found - len(frontier.plans)
    more = f" ({counted(left_out, 'plan')} between them not shown)" if left_out else ""
    console.print(
        f"Every figure is counted exactly. None of these plans{more} is beaten in both by another one found in "
        f"{counted(frontier.evaluations, 'plan')} tried; whether there are better ones is not proven. "
        f"No plan can be below {bound} {unit}."
    )
    again = (
        "The same input, seed and budget give the same plans again."
        if frontier.reproducible
        else "A repeat may give other plans; --evaluations N makes it repeatable."
    )
    console.print(f"The search ended because {STOPPED[frontier.stopped_by]}. {again}")


# The JSON object, and rows for the tables.


def frontier_report(problem: RepairProblem, frontier: Frontier, seed: int) -> dict[str, Any]:
    """Return the plans and what they cost, for programs; hours that are weighted say so in their names."""
    settings = problem.system.settings
    return {
        "system": problem.system.name,
        "start": Clock(settings).iso(0) or settings.start,
        "timezone": settings.timezone,
        "seed": seed,
        "plans": [_plan_report(plan) for plan in frontier.plans],
        "plans_found": frontier.found,
        "bound_person_hours": weighted_hours(frontier.bound),
        "evaluations": frontier.evaluations,
        "seconds": frontier.seconds,
        "stopped_by": frontier.stopped_by,
        "reproducible": frontier.reproducible,
    }


def _plan_report(plan: FrontierPlan) -> dict[str, Any]:
    return {
        **plan_row(plan),
        "hours_per_person": {
            loss.district: loss.hours_per_person for loss in plan.evaluation.district_losses
        },
    }


def plan_row(plan: FrontierPlan) -> dict[str, Any]:
    """Return what frontier.csv says of a plan; no minute where a district never is 90 % back."""
    worst, minute = plan.worst, plan.last_back_minute
    return {
        "plan": plan.letter,
        "person_hours": plan.evaluation.person_hours,
        "weighted_person_hours": weighted_hours(plan.evaluation.base_objective),
        "price_weighted_person_hours": weighted_hours(plan.price),
        "worst_district": worst.district if worst else "",
        "worst_hours_per_person": worst.hours_per_person if worst else 0.0,
        "last_district_90_minute": None if minute == NOT_BACK else minute,
        "plan_sha256": plan.plan.sha256,
    }


def district_rows(plan: FrontierPlan) -> list[dict[str, Any]]:
    """Return what frontier_districts.csv says of each district under a plan."""
    evaluation = plan.evaluation
    clock = Clock(evaluation.problem.system.settings)
    rows = []
    for loss in evaluation.district_losses:
        minute = evaluation.minute_when_back(BACK, district=loss.district)
        rows.append(
            {
                "plan": plan.letter,
                "district": loss.district,
                "persons": loss.persons,
                "person_hours": evaluation.by_district[loss.district] / MINUTES_PER_HOUR,
                "weighted_person_hours": weighted_hours(loss.objective),
                "hours_per_person": loss.hours_per_person,
                "back_90_minute": None if minute == NOT_BACK else minute,
                "back_90_clock": None if minute == NOT_BACK else clock.iso(minute),
            }
        )
    return rows
