"""Splits a problem into independent ones: neither a crew, nor a job, nor anybody who waits is in two of them.

Each is a RepairProblem of its own, so any solver takes it. What they cost adds up, but for those whom no plan can
bring back; the best plans of all of them, side by side, are a best plan of the whole.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lifeline.plan import Plan
from lifeline.repair import RepairProblem, build_problem
from lifeline.shock import Shock
from solvers.dark import Dark

if TYPE_CHECKING:
    from solvers.reduction import Reduction


def independent_parts(problem: RepairProblem, reduction: Reduction) -> tuple[RepairProblem, ...]:
    """Return the independent problems whose jobs somebody needs, in order of their first jobs; itself when it is one.

    A problem with buffers or broken roads is not split: a part that lives on its buffer may help another one that no
    repair of its own brings back, and a repaired road may help anybody. Nor is one with conditions, orders, steps,
    tasks or a history.
    """
    dependencies = problem.system.dependencies
    if dependencies["buffer_minutes"].any() or any(job.sector == "road" for job in problem.jobs):
        return (problem,)
    if not problem.conditions.is_empty or problem.allowed is not None or problem.history:
        return (problem,)
    if any(job.component != job.id or job.is_optional for job in problem.jobs):
        return (problem,)
    part_of_job = _parts(problem, reduction.dark)
    wanted = set(part_of_job[reduction.needed].tolist())
    if len(wanted) < 2:
        return (problem,)
    by_first_job = dict.fromkeys(part_of_job.tolist())
    return tuple(_part(problem, part_of_job == part) for part in by_first_job if part in wanted)


def plan_of_part(part: RepairProblem, plan: Plan) -> dict[str, list[str]]:
    """Return what the crews of a part do in a plan of the whole."""
    jobs = part.job_index
    return {
        crew: kept
        for crew, sequence in plan.sequences().items()
        if crew in part.crew_index and (kept := [job for job in sequence if job in jobs])
    }


def _parts(problem: RepairProblem, dark: Dark) -> NDArray[np.int64]:
    """Return for each job the number of its part; jobs that nobody can do have parts of their own."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    jobs, nodes, crews = len(problem.jobs), len(dark.weight), len(problem.crews)
    job = np.arange(jobs)
    crew, crews_job = np.nonzero(problem.can_do)
    pairs: list[tuple[NDArray[Any], NDArray[Any]]] = [(crews_job, jobs + nodes + crew)]
    for end in (dark.job_node, dark.job_tail, dark.job_head):
        inside = (end >= 0) & (end < nodes)
        pairs.append((job[inside], jobs + end[inside]))
    feeder = np.repeat(np.arange(nodes), np.diff(dark.feeds_start))
    pairs.append((jobs + feeder, jobs + dark.feeds_node))
    provider = np.repeat(np.arange(nodes), np.diff(dark.supplies_start))
    pairs.append((jobs + provider, jobs + dark.group_dependent[dark.supplies_group]))
    start, end = (np.concatenate(side) for side in zip(*pairs, strict=True))
    total = jobs + nodes + crews
    graph = coo_matrix((np.ones(len(start), np.int8), (start, end)), shape=(total, total)).tocsr()
    _, part = connected_components(graph, directed=False)
    return np.asarray(part[:jobs], np.int64)


def _part(problem: RepairProblem, mine: NDArray[np.bool_]) -> RepairProblem:
    """Return the problem of these jobs alone, with the crews that can do any of them and all else intact."""
    mine = mine & np.any(problem.can_do, axis=0)
    components = {job.component for job, is_mine in zip(problem.jobs, mine, strict=True) if is_mine}
    damage = problem.shock.damage
    shock = Shock(damage[damage["component"].isin(components)].reset_index(drop=True))
    able: NDArray[np.bool_] = np.any(problem.can_do[:, mine], axis=1)
    crews = [crew for crew, is_able in zip(problem.crews, able, strict=True) if is_able]
    return build_problem(problem.system, shock, crews=crews, horizon_minutes=problem.horizon_minutes)
