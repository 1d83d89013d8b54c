"""A few plans from "most people first" to "no district left behind", each with its price.

Two numbers pull apart: what all people lose together, and what a person loses on the average in the district that is
served worst. A plan belongs on the frontier when no other plan found is as good in both and better in one. The plans
come from the search with the worst-served districts weighing more and more (`reweighting.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING

from lifeline.districts import DistrictLoss, worst
from lifeline.errors import InvalidInput
from lifeline.evaluation import NOT_BACK, Evaluation, evaluate
from lifeline.schedule import schedule
from lifeline.tables import MOST_FAIRNESS_PERMILLE
from solvers import auto, judged_search
from solvers.fair import searched_in
from solvers.priority import RULES, outlook_on
from solvers.reweighting import judged_search_knows, voted_plans, with_fairness
from solvers.solver import Budget, OnProgress, Progress, Proposal, StoppedBy
from solvers.spending import Spending

if TYPE_CHECKING:
    from lifeline.plan import Plan
    from lifeline.repair import RepairProblem

LADDER = (300, 1_000, 3_000, 10_000, 100_000, MOST_FAIRNESS_PERMILLE)
"How much the worst-served district weighs, in thousandths: at the last all people hardly weigh beside it."

ROUNDS = 6
"Re-weightings on each rung."

FIRST_SHARE, ROUNDS_SHARE = 0.4, 0.5
"Parts of a budget for most people first, and for all re-weightings together; the judge's own search has the rest."

LEAST_EVALUATIONS, MOST_EVALUATIONS = 200, 40_000
"Bounds on the evaluations of a re-weighting in a run without a budget."

TIMES_SHORTER = 15
"How many times shorter a re-weighting is, within these bounds, than the search for most people first."

POLISH_EVALUATIONS = 300
"Plans that the judge is asked about on each rung, at most."

POLISH_SECONDS = 10.0
"When the clock ends that in a run without seconds of its own: under some service rules a plan takes a second."

MOST_PLANS, MOST_PLANS_ALLOWED = 7, 12
LETTERS = "ABCDEFGHIJKL"
BACK = 0.9


@dataclass(frozen=True, eq=False)
class FrontierPlan:
    """One plan of a frontier. `price` is what it costs above the first: persons x weight in thousandths x minutes."""

    letter: str
    evaluation: Evaluation
    price: int

    @property
    def plan(self) -> Plan:
        """Return the plan."""
        return self.evaluation.plan

    @property
    def worst(self) -> DistrictLoss | None:
        """Return the district that loses most a person; None where nobody counts."""
        return worst(self.evaluation.district_losses)

    @property
    def last_back_minute(self) -> int:
        """Return the minute from which the last district is 90 % back; NOT_BACK when one never is."""
        minutes = [
            self.evaluation.minute_when_back(BACK, district=loss.district)
            for loss in self.evaluation.district_losses
        ]
        return NOT_BACK if NOT_BACK in minutes else max(minutes, default=0)


@dataclass(frozen=True, eq=False)
class Frontier:
    """Plans in order of price, each with a better-off worst district than the one before; how they were found.

    No plan costs less than `bound`. `found` counts the plans of the whole frontier, of which `plans` are a few.
    """

    plans: tuple[FrontierPlan, ...]
    found: int
    bound: int
    evaluations: int
    seconds: float
    stopped_by: StoppedBy
    reproducible: bool


def frontier(
    problem: RepairProblem,
    *,
    budget: Budget | None = None,
    seed: int = 0,
    most_plans: int = MOST_PLANS,
    on_progress: OnProgress | None = None,
) -> Frontier:
    """Return a few plans from the one best for all people together to the one best for the worst-served district.

    The problem's own `fairness_permille` does not matter here. The same budget of evaluations and seed give the same
    plans.
    """
    if not 2 <= most_plans <= MOST_PLANS_ALLOWED:
        raise InvalidInput(
            f"A frontier has from 2 to {MOST_PLANS_ALLOWED} plans, not {most_plans}; give another number."
        )
    if seed < 0:
        raise InvalidInput(f"The seed must be 0 or more, got {seed}.")
    run = _Run(with_fairness(problem, 0), budget or Budget(), seed, on_progress)
    run.most_people_first()
    for permille in LADDER:
        if run.may_go_on:
            run.weigh(permille)
    return run.frontier(most_plans)


def not_dominated(evaluations: Sequence[Evaluation]) -> list[Evaluation]:
    """Return those than which no other is as good in both numbers and better in one, cheapest first; one of equals."""
    kept: list[Evaluation] = []
    for evaluation in sorted(evaluations, key=_numbers):
        if not kept or _numbers(evaluation)[1] < _numbers(kept[-1])[1]:
            kept.append(evaluation)
    return kept


def well_spread(evaluations: Sequence[Evaluation], most: int) -> list[Evaluation]:
    """Return at most so many of a frontier: both ends, then whichever differs most from all that are chosen.

    Two plans differ by the smaller of their differences in both numbers, each scaled from 0 to 1 between the ends: one
    that costs or serves about the same as another has little to add. Ties go to the cheaper plan.
    """
    if len(evaluations) <= most:
        return list(evaluations)
    places = _scaled([_numbers(evaluation) for evaluation in evaluations])
    chosen = [0, len(places) - 1]
    while len(chosen) < most:
        nearest = [min(_apart(place, places[other]) for other in chosen) for place in places]
        chosen.append(max(range(len(places)), key=lambda number: (nearest[number], -number)))
    return [evaluations[number] for number in sorted(chosen)]


def _numbers(evaluation: Evaluation) -> tuple[int, Fraction]:
    """Return what a plan is judged by here: the loss of all, and of a person in the worst-served district."""
    loss = worst(evaluation.district_losses)
    return evaluation.base_objective, Fraction(0) if loss is None else loss.per_person


def _scaled(numbers: Sequence[tuple[int, Fraction]]) -> list[tuple[Fraction, Fraction]]:
    (least, highest), (most, lowest) = numbers[0], numbers[-1]
    return [
        (Fraction(cost - least, most - least), (loss - lowest) / (highest - lowest)) for cost, loss in numbers
    ]


def _apart(one: tuple[Fraction, Fraction], other: tuple[Fraction, Fraction]) -> Fraction:
    return min(abs(one[0] - other[0]), abs(one[1] - other[1]))


class _Run:
    """One run: every plan found that may be on the frontier, and what has been spent."""

    def __init__(
        self, problem: RepairProblem, budget: Budget, seed: int, on_progress: OnProgress | None
    ) -> None:
        """Start the clock with the rules' plans."""
        self.problem, self.searched = problem, searched_in(problem)
        self.budget, self.seed, self.on_progress = budget, seed, on_progress
        self.spent, self.bound = Spending(budget), 0
        outlook = outlook_on(self.searched)
        plans = [schedule(self.searched, outlook.sequences(rule)) for rule in RULES]
        self.kept = not_dominated([evaluate(problem, plan) for plan in plans])

    @property
    def may_go_on(self) -> bool:
        """Tell whether there is time, anybody without service, and more than one district to weigh."""
        trivial = self.kept[0].base_objective == 0 or len(self.kept[0].district_losses) < 2
        return not (self.spent.is_over or trivial)

    def most_people_first(self) -> None:
        """Find the plan that costs all people together least."""
        found = _solve_plainly(self.problem, self._share(FIRST_SHARE), self.seed, self._told())
        self.bound = found.bound or 0
        self._take(found, found.plan)
        self.first_evaluations = found.evaluations

    def weigh(self, permille: int) -> None:
        """Look for plans with the worst-served district weighing so much."""
        task = with_fairness(self.problem, permille)
        for found, judged in self._voted_plans(task):
            self._take(found, judged.plan)
            if not self.may_go_on:
                return
        if not judged_search_knows(task):
            return
        left = self._share((1 - FIRST_SHARE - ROUNDS_SHARE) / len(LADDER))
        tried = POLISH_EVALUATIONS if self.budget.seconds is None else None
        if left.evaluations is not None:
            tried = min(left.evaluations, POLISH_EVALUATIONS)
        found = judged_search.improve(
            task,
            self._best_for(task).plan,
            budget=Budget(tried, left.seconds or POLISH_SECONDS),
            seed=self.seed,
            on_progress=self._told(),
        )
        self._take(found, found.plan)

    def _voted_plans(self, task: RepairProblem) -> Iterator[tuple[Proposal, Evaluation]]:
        each = self._share(ROUNDS_SHARE / (len(LADDER) * ROUNDS))
        if self.budget == Budget():
            few = self.first_evaluations // TIMES_SHORTER
            each = Budget(min(max(few, LEAST_EVALUATIONS), MOST_EVALUATIONS))
        return voted_plans(
            task,
            self.searched,
            self._best_for(task),
            rounds=ROUNDS,
            budget=each,
            seed=self.seed,
            on_progress=self._told(),
        )

    def _best_for(self, task: RepairProblem) -> Evaluation:
        judged = [evaluate(task, kept.plan) for kept in self.kept]
        return min(judged, key=lambda evaluation: evaluation.objective)

    def _share(self, part: float) -> Budget:
        seconds, evaluations = self.budget.seconds, self.budget.evaluations
        return Budget(
            None if evaluations is None else max(int(part * evaluations), 1),
            None if seconds is None else part * seconds,
        )

    def _take(self, found: Proposal, plan: Plan) -> None:
        self.spent.add(found)
        self.kept = not_dominated([*self.kept, evaluate(self.problem, plan)])

    def _told(self) -> OnProgress | None:
        """Return what passes on how far the run as a whole is, and what the cheapest plan costs."""
        on_progress = self.on_progress
        if on_progress is None:
            return None

        def tell(progress: Progress) -> bool:
            told = replace(
                progress,
                phase="frontier",
                objective=self.kept[0].base_objective,
                evaluations=self.spent.evaluations + progress.evaluations,
                seconds=self.spent.seconds,
                bound=None,
                plan=self.kept[0].plan,
            )
            return on_progress(told) is not False

        return tell

    def frontier(self, most_plans: int) -> Frontier:
        """Return a few of the plans that are left, and how they were found."""
        chosen = well_spread(self.kept, most_plans)
        first = chosen[0].base_objective
        return Frontier(
            plans=tuple(
                FrontierPlan(letter, judged, judged.base_objective - first)
                for letter, judged in zip(LETTERS, chosen, strict=False)
            ),
            found=len(self.kept),
            bound=self.bound,
            evaluations=self.spent.evaluations,
            seconds=self.spent.seconds,
            stopped_by=self.spent.stopped_by,
            reproducible=self.spent.reproducible,
        )


def _solve_plainly(
    problem: RepairProblem, budget: Budget, seed: int, on_progress: OnProgress | None
) -> Proposal:
    if problem.system.settings.is_plain:
        return auto.solve(problem, budget=budget, seed=seed, on_progress=on_progress)
    from solvers.under_rules import solve_under_rules

    return solve_under_rules(problem, auto.solve, "auto", budget=budget, seed=seed, on_progress=on_progress)
