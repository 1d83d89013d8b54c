"""Joint command and own command side by side, on paper and for programs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rich.text import Text

from api.console import LEFT, RIGHT, heading, print_list, table_of
from api.wording import MINUTES_PER_HOUR, counted, hours_figure, weighted_hours

if TYPE_CHECKING:
    from rich.console import Console

    from solvers.joint_command import CommandWorth

MOST_DISTRICTS = 20


def print_joint(console: Console, worth: CommandWorth) -> None:
    """Print what joint command saves, service by service and district by district, and how."""
    own, joint = worth.own, worth.joint
    console.print(Text(f"{joint.problem.system.name}: what joint command is worth", style="bold"))
    if not any(crew.owner for crew in joint.problem.crews):
        console.print("No crew has an owner: under own command they may only do what belongs to nobody.")
    rows = [("all", own.person_hours, joint.person_hours)]
    rows += _hours(own.by_service, joint.by_service)
    _print_rows(console, "Person-hours without service", rows)
    districts = sorted(_hours(own.by_district, joint.by_district), key=lambda row: (row[2] - row[1], row[0]))
    _print_rows(console, "By district", districts[:MOST_DISTRICTS])
    heading(console, "How")
    helping = worth.helping
    console.print(f"{counted(len(helping), 'job')} done by crews of other owners")
    print_list(console, (f"{visit.job}, by {visit.crew}" for visit in helping), "job")
    only_joint = worth.only_joint
    console.print(f"{counted(len(only_joint), 'job')} that nobody may do under own command")
    print_list(console, only_joint.values(), "job")


def _print_rows(console: Console, title: str, rows: list[tuple[str, float, float]]) -> None:
    heading(console, title)
    table = table_of(("", LEFT), ("Own", RIGHT), ("Joint", RIGHT), ("Joint command saves", RIGHT))
    for name, own, joint in rows:
        table.add_row(name, hours_figure(own), hours_figure(joint), hours_figure(own - joint))
    console.print(table)


def _hours(own: Mapping[str, int], joint: Mapping[str, int]) -> list[tuple[str, float, float]]:
    return [(name, own[name] / MINUTES_PER_HOUR, joint[name] / MINUTES_PER_HOUR) for name in own]


def joint_report(worth: CommandWorth) -> dict[str, Any]:
    """Return both plans' figures for programs."""

    def figures(name: str) -> dict[str, Any]:
        evaluation = worth.own if name == "own" else worth.joint
        return {
            "person_hours": evaluation.person_hours,
            "objective": evaluation.objective,
            "person_hours_by_service": _each_in_hours(evaluation.by_service),
            "person_hours_by_district": _each_in_hours(evaluation.by_district),
            "plan_sha256": evaluation.plan.sha256,
            "unassignable": dict(evaluation.problem.unassignable),
        }

    return {
        "system": worth.joint.problem.system.name,
        "horizon_minutes": worth.joint.problem.horizon_minutes,
        "own": figures("own"),
        "joint": figures("joint"),
        "person_hours_saved": worth.own.person_hours - worth.joint.person_hours,
        "weighted_person_hours_saved": weighted_hours(worth.objective_saved),
        "jobs_for_other_owners": {visit.job: visit.crew for visit in worth.helping},
        "only_possible_jointly": dict(worth.only_joint),
    }


def _each_in_hours(person_minutes: Mapping[str, int]) -> dict[str, float]:
    return {name: minutes / MINUTES_PER_HOUR for name, minutes in person_minutes.items()}
