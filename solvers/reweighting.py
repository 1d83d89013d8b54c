"""The same problem with another say for some districts: what a search of sums needs to serve a maximum.

No search here minimises the loss of the worst-served district: they all add up. But the objective with that term is the
largest of many sums, one for each way to share out the term's weight over the districts. So a problem in which the
districts' people have other weights is an ordinary one, and its plans are candidates (Lagrangian relaxation).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from lifeline.districts import worst
from lifeline.evaluation import evaluate
from lifeline.repair import MOST_OBJECTIVE
from lifeline.tables import PLAIN_WEIGHT_PERMILLE
from solvers import local_search

if TYPE_CHECKING:
    from lifeline.districts import DistrictLoss
    from lifeline.evaluation import Evaluation
    from lifeline.repair import RepairProblem
    from solvers.solver import Budget, OnProgress, Proposal

FINEST = 1_000_000
"Steps in which a re-weighting tells districts apart, where the exact objective has room for so many."


BALLOT, STEEPNESS = 1_000, 8


def with_fairness(problem: RepairProblem, permille: int) -> RepairProblem:
    """Return the same problem with another weight of the worst-served district in its objective."""
    settings = replace(problem.system.settings, fairness_permille=permille)
    system = replace(problem.system, settings=settings).with_arrays(problem.system.compiled)
    changed = replace(problem, system=system)
    # What breaks does not depend on how it is counted.
    changed.__dict__["cascade"] = problem.cascade
    return changed


def judged_search_knows(problem: RepairProblem) -> bool:
    """Tell whether the judge's own search can move jobs here: it times crews without conditions or history."""
    return problem.conditions.is_empty and not problem.history


def reweighted(problem: RepairProblem, factors: Mapping[str, Fraction]) -> RepairProblem:
    """Return a problem in which the people of each district count so many times as much; only ratios matter.

    Weights stay whole and the objective within 64 bits: factors are rounded to a part of the largest one, to a
    millionth of it where there is room.
    """
    compiled = problem.system.compiled
    portions = compiled.portions
    weight = portions.weight_permille // max(int(np.gcd.reduce(portions.weight_permille)), 1)
    a_minute = sum(
        persons * each for persons, each in zip(portions.persons.tolist(), weight.tolist(), strict=True)
    )
    finest = min(FINEST, MOST_OBJECTIVE // max(a_minute * problem.horizon_minutes, 1))
    largest = max(factors.values(), default=Fraction(1))
    steps = [
        max(1, round(finest * factors.get(name, Fraction(1)) / largest)) for name in problem.districts.names
    ]
    of_portion = np.array(steps, np.int64)[problem.districts.of_portion]
    arrays = replace(compiled, portions=replace(portions, weight_permille=weight * of_portion))
    return replace(problem, system=problem.system.with_arrays(arrays))


def factors_by_votes(problem: RepairProblem, votes: Counter[str], permille: int) -> Mapping[str, Fraction]:
    """Return how much each district counts when the term's weight is shared out by votes.

    A district with a share v of the votes counts 1 + permille / 1000 x v x people / its own people.
    """
    districts = problem.districts
    of_all = permille * districts.people
    return {
        name: 1 + Fraction(of_all * votes[name], PLAIN_WEIGHT_PERMILLE * votes.total() * persons)
        for name, persons in zip(districts.names, districts.persons.tolist(), strict=True)
        if persons
    }


def ballots(losses: Sequence[DistrictLoss]) -> dict[str, int]:
    """Return the votes of each district: BALLOT for the worst-served one, steeply less for those better off.

    A district whose persons lose a share r of what they lose in the worst one has BALLOT x r to the power STEEPNESS.
    Were all votes the worst one's, a plan would serve one district a round and forget those right behind it.
    """
    last = worst(losses)
    if last is None or last.objective == 0:
        return {}
    return {loss.district: int(BALLOT * (loss.per_person / last.per_person) ** STEEPNESS) for loss in losses}


def voted_plans(
    problem: RepairProblem,
    searched: RepairProblem,
    best: Evaluation,
    *,
    rounds: int,
    budget: Budget,
    seed: int,
    on_progress: OnProgress | None,
) -> Iterator[tuple[Proposal, Evaluation]]:
    """Yield plans that serve the worst-served districts better, each judged as `problem` says.

    In each round the districts vote on the last plan (`ballots`), and the search solves `searched` (the problem under
    connectivity, without the term) with the term's weight shared out by all votes so far. This is fictitious play
    (Brown 1951) between the plans and the districts. Each search starts from the best plan so far, and may spend
    `budget`.
    """
    votes: Counter[str] = Counter()
    last = best
    permille = problem.system.settings.fairness_permille
    for number in range(rounds if best.base_objective else 0):
        votes.update(ballots(last.district_losses))
        task = reweighted(searched, factors_by_votes(problem, votes, permille))
        found = local_search.solve(
            task,
            budget=budget,
            seed=seed + number,
            on_progress=on_progress,
            start=best.plan.sequences(),
            # The rules have been judged already, and working them out takes as long as a short search.
            rules_beside=(),
        )
        last = evaluate(problem, found.plan)
        best = min(best, last, key=lambda evaluation: evaluation.objective)
        yield found, last
