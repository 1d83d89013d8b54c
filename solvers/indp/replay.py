"""Takes an INDP plan to lifeline's judge: the same repairs in the same order, done by crews that have to drive."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from lifeline.errors import InvalidInput
from solvers.dispatch import Sequences, dispatch

if TYPE_CHECKING:
    from lifeline.repair import RepairProblem
    from solvers.indp.problem import IndpPlan

_LINK = re.compile(r"(?P<layer>[^:]+):(?P<u>\d+)-(?P<v>\d+)(?:#\d+)?")


def jobs_in_order(problem: RepairProblem, plan: IndpPlan) -> list[list[str]]:
    """Return the jobs of each step of an INDP plan, by id, and one more step for jobs that it leaves broken.

    A link stands for all jobs between its ends: the importer tells parallel links apart, INDP does not. Raises
    InvalidInput for a repair that is no job.
    """
    jobs: dict[str, list[str]] = {}
    for job in problem.jobs:
        jobs.setdefault(_without_direction(job.id), []).append(job.id)
    steps = []
    for step in plan.steps:
        if missing := sorted(name for name in step if _without_direction(name) not in jobs):
            raise InvalidInput(f"The plan repairs {missing[0]!r}, which is no job of this problem.")
        steps.append(sorted(job for name in step for job in jobs[_without_direction(name)]))
    named = {job for step in steps for job in step}
    return [*steps, [job.id for job in problem.jobs if job.id not in named]]


def replay(problem: RepairProblem, plan: IndpPlan) -> Sequences:
    """Return sequences for `schedule`: whoever is free next takes the job of the earliest step that it can do.

    This is list scheduling in order of step, ties by id; a crew's skills keep it within its sector.
    """
    rank = np.zeros(len(problem.jobs))
    for step, jobs in enumerate(jobs_in_order(problem, plan)):
        for job in jobs:
            rank[problem.job_index[job]] = step
    return dispatch(problem, rank)


def _without_direction(name: str) -> str:
    """Return a name that both ends' orders and all parallel links share; a node's is its own."""
    link = _LINK.fullmatch(name)
    if link is None:
        return name
    first, second = sorted((int(link["u"]), int(link["v"])))
    return f"{link['layer']}:{first}-{second}"
