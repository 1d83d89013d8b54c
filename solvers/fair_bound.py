"""A number that no plan's objective is below when the worst-served district counts extra."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lifeline.districts import DistrictLoss, fairness_term
from lifeline.tables import PLAIN_WEIGHT_PERMILLE

if TYPE_CHECKING:
    from lifeline.repair import RepairProblem


def bound_with_term(problem: RepairProblem, searched: RepairProblem, base_bound: int) -> int:
    """Return a bound on the objective with the term, from `base_bound` on the one without it.

    The worst-served district loses no less a person than all people do on the average, and no less than any district
    would with every job done at its earliest. floor(permille x worst x people / 1000) grows with either. `searched` is
    the problem under connectivity, in which no plan costs more.
    """
    permille = problem.system.settings.fairness_permille
    by_mean = permille * base_bound // PLAIN_WEIGHT_PERMILLE
    return base_bound + max(by_mean, fairness_term(_least_losses(problem, searched), permille))


def _least_losses(problem: RepairProblem, searched: RepairProblem) -> tuple[DistrictLoss, ...]:
    """Return what each district loses when every job is done at the earliest minute at which any crew could be done."""
    from solvers.crew_time import CrewTime
    from solvers.dark_for_sure import BestCase

    best_case = BestCase.of(searched, CrewTime.of(searched).earliest)
    compiled = searched.system.compiled
    minutes = np.zeros(len(compiled.before.works), np.int64)
    minutes[best_case.nodes] = best_case.minutes_dark(best_case.log_without(best_case.jobs[:0]))
    return problem.districts.losses(minutes[compiled.portions.node] * compiled.portions.weight)
