"""What each district loses, and how much the worst-served one weighs in the objective: whole numbers and fractions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lifeline.tables import PLAIN_WEIGHT_PERMILLE

if TYPE_CHECKING:
    from lifeline.repair import RepairProblem

MINUTES_PER_HOUR = 60


@dataclass(frozen=True)
class DistrictLoss:
    """What a plan costs a district: persons x weight in thousandths x minutes, and how many persons share it.

    A person counts once here, however many services reach him or her; the objective has one part for each.
    """

    district: str
    objective: int
    persons: int

    @property
    def per_person(self) -> Fraction:
        """Return weight in thousandths x minutes for each person."""
        return Fraction(self.objective, self.persons)

    @property
    def hours_per_person(self) -> float:
        """Return the hours without service of a person on the average, weighted where weights are."""
        return float(self.per_person / (PLAIN_WEIGHT_PERMILLE * MINUTES_PER_HOUR))


@dataclass(frozen=True, eq=False)
class Districts:
    """The districts of a problem by name: which portions belong to each, and how many of its persons count.

    Customers without a district are one of their own, named "".
    """

    names: tuple[str, ...]
    of_portion: NDArray[np.intp]
    persons: NDArray[np.int64]

    @classmethod
    def of(cls, problem: RepairProblem) -> Districts:
        """Tell a problem's districts apart."""
        column = problem.system.customers["district"].to_numpy(dtype=object)
        names = tuple(sorted(set(column)))
        of_customer = pd.Index(names, dtype=object).get_indexer(pd.Index(column, dtype=object))
        persons = np.zeros(len(names), np.int64)
        np.add.at(persons, of_customer, _persons_counted(problem))
        return cls(names, of_customer[problem.system.compiled.portions.customer], persons)

    @property
    def people(self) -> int:
        """Return how many persons count, in all districts."""
        return int(self.persons.sum())

    def losses(self, of_portions: NDArray[np.int64]) -> tuple[DistrictLoss, ...]:
        """Return what each district loses of what each portion does; districts where nobody counts are left out."""
        totals = np.zeros(len(self.names), np.int64)
        np.add.at(totals, self.of_portion, of_portions)
        rows = zip(self.names, totals.tolist(), self.persons.tolist(), strict=True)
        return tuple(DistrictLoss(*row) for row in rows if row[2])


def worst(losses: Sequence[DistrictLoss]) -> DistrictLoss | None:
    """Return the district whose persons lose most on the average, the first by name of several; None without any."""
    found: DistrictLoss | None = None
    for loss in losses:
        # Multiplied out: fractions say the same, slower.
        if found is None or loss.objective * found.persons > found.objective * loss.persons:
            found = loss
    return found


def fairness_term(losses: Sequence[DistrictLoss], permille: int) -> int:
    """Return floor(permille x worst x people / 1000): as if everybody lost what the worst-served district loses.

    `worst` is in weighted minutes a person. A maximum is no less than the mean, so with 1000 the term is at least
    the objective without it.
    """
    last = worst(losses)
    if last is None:
        return 0
    people = sum(loss.persons for loss in losses)
    return permille * last.objective * people // (PLAIN_WEIGHT_PERMILLE * last.persons)


def _persons_counted(problem: RepairProblem) -> NDArray[np.int64]:
    """Return how many persons of each customer count: those of the service of which most do."""
    compiled, cascade = problem.system.compiled, problem.cascade
    counted = np.zeros((len(compiled.customer_ids), max(len(compiled.services), 1)), np.int64)
    people = np.minimum(cascade.persons_before, cascade.persons_restored)
    np.add.at(counted, (compiled.portions.customer, compiled.portions.service), people)
    return np.asarray(counted.max(axis=1), np.int64)
