"""Why some jobs cannot be done: the few reasons behind all of them, each with what would remove it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from lifeline.road_graph import travel_between

if TYPE_CHECKING:
    from lifeline.repair import RepairProblem
    from lifeline.travel import Travel


@dataclass(frozen=True)
class UndoableReason:
    """One reason, in a sentence, and the jobs that cannot be done because of it, by id.

    `names` holds the skill that is missing, or the jobs that block the road.
    """

    kind: Literal["no_skill", "cut_off", "no_road", "unassignable"]
    sentence: str
    jobs: tuple[str, ...]
    names: tuple[str, ...] = ()


def undoable_reasons(problem: RepairProblem) -> tuple[UndoableReason, ...]:
    """Return the reasons why jobs cannot be done, as few as there are: none of them could be left out.

    First the skills that no crew has. Then the road jobs, among those that cannot be done, that keep further sites cut
    off: a set from which none can be taken without some of these sites staying cut off (found by leaving out one after
    the other, later ids first, so another set may be as small). Then sites that no road at all leads to. Jobs that
    cannot be done for want of parts, partners or permission have the problem's own reason, each its own.
    """
    undoable = [number for number, job in enumerate(problem.jobs) if job.id in problem.unassignable]
    if not undoable:
        return ()
    known = {skill for crew in problem.crews for skill in crew.skills}
    reasons = []
    for skill in sorted({problem.jobs[number].skill for number in undoable} - known):
        jobs = tuple(problem.jobs[number].id for number in undoable if problem.jobs[number].skill == skill)
        reasons.append(UndoableReason("no_skill", f"No crew has the skill {skill!r}.", jobs, (skill,)))
    skilled = [number for number in undoable if problem.jobs[number].skill in known]
    in_the_way = problem.able.any(axis=0) & ~_reached_at_last(problem)
    cut_off = [number for number in skilled if in_the_way[number]]
    if cut_off:
        reasons += _road_reasons(problem, np.array(cut_off), sorted(undoable))
    for job in (problem.jobs[number].id for number in skilled if number not in cut_off):
        reasons.append(UndoableReason("unassignable", problem.unassignable[job], (job,)))
    return tuple(reasons)


def _reached_at_last(problem: RepairProblem) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Tell which jobs some crew that may do them could drive to and back from, once all that can be done is done."""
    done = [number for number, job in enumerate(problem.jobs) if job.id not in problem.unassignable]
    return _reached(
        problem, travel_between(problem.system, problem.crews, problem.jobs, problem.history), done
    )


def _road_reasons(
    problem: RepairProblem, cut_off: np.ndarray[tuple[int], np.dtype[np.int64]], undoable: list[int]
) -> list[UndoableReason]:
    travel = travel_between(problem.system, problem.crews, problem.jobs, problem.history)
    done = [
        number for number in range(len(problem.jobs)) if problem.jobs[number].id not in problem.unassignable
    ]
    blocking = [number for number in undoable if number in travel.opening_jobs]
    reachable = cut_off[_reached(problem, travel, [*done, *blocking])[cut_off]]
    reasons = []
    if len(reachable):
        for number in reversed(blocking):
            fewer = [other for other in blocking if other != number]
            # A blocked link is itself a site; it does not count as what keeps itself from being reached.
            if _reached(problem, travel, [*done, *fewer])[reachable].all():
                blocking = fewer
        names = ", ".join(repr(problem.jobs[number].id) for number in blocking)
        sites = tuple(problem.jobs[number].id for number in reachable.tolist())
        what = "it stays" if len(blocking) == 1 else "they stay"
        sentence = f"Cut off by {names}: {what} blocked, since nobody can do that."
        blockers = tuple(problem.jobs[number].id for number in blocking)
        reasons.append(UndoableReason("cut_off", sentence, sites, blockers))
    never = sorted(set(cut_off.tolist()) - set(reachable.tolist()))
    if never:
        sites = tuple(problem.jobs[number].id for number in never)
        sentence = "No road takes a crew with the skill there and back, even with every road repaired."
        reasons.append(UndoableReason("no_road", sentence, sites))
    return reasons


def _reached(
    problem: RepairProblem, travel: Travel, done: list[int]
) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Tell which jobs some crew with the skill could drive to and back from, once these jobs are done."""
    return np.asarray((travel.there_and_back(done) & problem.able).any(axis=0))
