"""A compiled search over crew sequences: it starts from the best rule and never returns a plan worse than that.

Simulated annealing (Kirkpatrick, Gelatt, Vecchi 1983) with a temperature in minutes: a worse order is
accepted when it costs the people who wait at that moment no more than some minutes each. With a budget of
evaluations the same input and seed give the same plan; a run that the clock ends says so.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping, Sequence
from math import inf
from typing import TYPE_CHECKING

import numpy as np

from lifeline.condition_check import forgets_nothing
from lifeline.errors import InfeasiblePlan
from lifeline.evaluation import evaluate
from lifeline.plan import LAST_MINUTE
from lifeline.schedule import schedule
from solvers.dispatch import Sequences, hand_out_rest
from solvers.priority import RULES, outlook_on
from solvers.solver import Budget, OnProgress, Progress, Proposal, StoppedBy

if TYPE_CHECKING:
    from lifeline.plan import Plan
    from lifeline.repair import RepairProblem
    from solvers.annealing import Chains
    from solvers.habit import KnownPlan

ANNEALS, COOLER = 3, 0.3
"A long search cools this many times, each time from the best order so far and from this share of the last warmth."

WARMEST, COLDEST = 0.1, 0.001
"First and last temperature of a long search, as shares of the mean repair time."

LONG = 3000
"Evaluations per job from which on a search is long; a shorter one starts colder in proportion, and cools once."

JUDGED_TIMES = 30
"How many times in a search the judge looks at the best order so far, if there is a new one."

CHAINS, FEW_TO_SHARE = 2, 10_000
"""So many searches run side by side, each on a core of its own where there are so many; fewer evaluations than the
second number are not shared."""

DEFAULT_WORK = 2_400_000_000
"Jobs and dark parts gone through in a search without a budget: about four seconds on two cores of 2026."

DEFAULT_WALL_SECONDS = 30.0
"When the clock ends a search without a budget all the same: on a slow machine, or where its work was misjudged."

CHUNK_WORK = 30_000_000
"The same between two looks at the clock: about a tenth of a second."

FEWEST, MOST = 200, 800_000
"Bounds on the evaluations of a search without a budget."


def solve(
    problem: RepairProblem,
    *,
    budget: Budget,
    seed: int = 0,
    on_progress: OnProgress | None = None,
    start: Mapping[str, Sequence[str]] | None = None,
    rules_beside: Collection[str] = tuple(RULES),
    known: KnownPlan | None = None,
) -> Proposal:
    """Return the best plan found: at least as good as every rule, and as the sequences of `start` if given.

    With a start, only the rules of `rules_beside` are worked out as well. With a `known` plan the search begins with
    that plan alone, and what is made small is the objective plus the price of every job moved from it; the Proposal's
    objective is the judge's all the same, and not above the known plan's.
    """
    search = _Search(problem, budget, on_progress, start, rules_beside, known)
    if not search.is_trivial:
        if search.stopped_by == "finished":
            search.anneal(seed)
        if known is None:
            search.share_out_rest()
    return search.proposal()


class _Search:
    """One run: the best plan by the judge, and what has been spent."""

    def __init__(
        self,
        problem: RepairProblem,
        budget: Budget,
        on_progress: OnProgress | None,
        start: Mapping[str, Sequence[str]] | None,
        rules_beside: Collection[str],
        known: KnownPlan | None,
    ) -> None:
        """Judge the given plan and every rule's, to begin with the best; a known plan is taken alone and as it is."""
        self.problem = problem
        self.budget = budget
        self.wall_seconds = budget.seconds
        self.on_progress = on_progress
        self.began = time.perf_counter()
        self.outlook = outlook_on(problem)
        self.stopped_by: StoppedBy = "finished"
        self.led_by_clock = False
        self.known = known
        self.evaluations = 1
        if known is not None:
            self.plan, self.objective = known.plan, evaluate(problem, known.plan).objective
            self.cost = self.objective
            self.trace = [(1, self.objective)]
            self._may_go_on("rules")
            return
        first, *others = RULES
        # A start that leaves jobs out is made whole: they are handed out behind it.
        given = None if start is None else hand_out_rest(problem, schedule(problem, start), LAST_MINUTE)
        self.plan, self.objective = self._judged(self.outlook.sequences(first) if given is None else given)
        self.cost = self.objective
        self.trace = [(1, self.objective)]
        for rule in others if given is None else rules_beside:
            if not self._may_go_on("rules"):
                break
            self.judge(self.outlook.sequences(rule))

    @property
    def is_trivial(self) -> bool:
        """Return whether there is nothing to search: at most one job, or nobody to bring back."""
        return len(self.problem.to_do) < 2 or not (self.outlook.reduction.dark.weight.any())

    @property
    def seconds(self) -> float:
        """Return the seconds since the search began."""
        return time.perf_counter() - self.began

    def judge(self, sequences: Sequences) -> None:
        """Let the judge compare the plan of these sequences with the best so far."""
        plan, objective = self._judged(sequences)
        self.evaluations += 1
        cost = objective + self._price(plan)
        if cost < self.cost and forgets_nothing(self.problem, plan):
            self.plan, self.objective, self.cost = plan, objective, cost
            self.trace.append((self.evaluations, objective))

    def _price(self, plan: Plan) -> int:
        """Return what the jobs cost that a plan moves from where people know them to be."""
        return 0 if self.known is None else self.known.price * len(self.known.moved(plan))

    def _judged(self, sequences: Sequences) -> tuple[Plan, int]:
        plan = schedule(self.problem, sequences)
        return plan, evaluate(self.problem, plan).objective

    def anneal(self, seed: int) -> None:
        """Cool several times within the budget, showing the judge the best order now and then."""
        from solvers.annealing import Chains

        chains = Chains(self.problem, self.outlook.reduction, self.plan, seed, self._chains(), self.known)
        if not chains.has_something_to_move:
            return
        # Compiling, on the first run of a machine, is not searching.
        chains.run(0, 1.0)
        if self.budget == Budget():
            self.wall_seconds = self.seconds + DEFAULT_WALL_SECONDS
        total = self._evaluations_allowed(chains.work_per_evaluation)
        chunk = max(1, CHUNK_WORK // chains.work_per_evaluation) * chains.count
        jobs = len(self.problem.jobs)
        at_start, looked, number = self.evaluations, 0, 0
        spent, share, per_job = 0, 0.0, (total or chunk) / jobs / chains.count
        while share < 1 and self.stopped_by == "finished":
            if int(share * _anneals(per_job)) > number:
                number += 1
                chains.return_to_best()
            span = chunk if total is None else min(chunk, total - spent)
            chains.run(span, _temperature(share, per_job) * chains.mean_repair_minutes)
            spent += span
            self.evaluations = at_start + spent
            share = self._share_spent(spent, total)
            if self.led_by_clock:
                per_job = spent / share / jobs / chains.count
            if int(share * JUDGED_TIMES) > looked:
                looked = int(share * JUDGED_TIMES)
                self._judge_best(chains)
            if not self._may_go_on("annealing"):
                break
        self._judge_best(chains)

    def _chains(self) -> int:
        """Return how many searches run side by side: the same on every machine, so that plans are."""
        short = self.budget.evaluations is not None and self.budget.evaluations < FEW_TO_SHARE
        return 1 if short else CHAINS

    def _evaluations_allowed(self, work: int) -> int | None:
        if self.budget.evaluations is None and self.budget.seconds is None:
            few_orders = 2_000 * len(self.problem.jobs) ** 2
            return min(max(DEFAULT_WORK // work, FEWEST), MOST, few_orders)
        return self.budget.evaluations

    def _share_spent(self, spent: int, total: int | None) -> float:
        """Return how much of the budget is spent: of the evaluations or of the seconds, whichever is nearer its end."""
        share = 0.0 if total is None else spent / total
        if share >= 1:
            self.stopped_by = "evaluations"
        by_clock = self.seconds / (self.budget.seconds or inf)
        self.led_by_clock = self.led_by_clock or total is None or by_clock > share
        return max(share, by_clock)

    def _may_go_on(self, phase: str) -> bool:
        if self.on_progress is not None:
            progress = Progress(phase, self.objective, self.evaluations, self.seconds, plan=self.plan)
            if self.on_progress(progress) is False:
                self.stopped_by = "cancelled"
                return False
        if self.wall_seconds is not None and self.seconds >= self.wall_seconds:
            if self.stopped_by != "evaluations":
                self.stopped_by = "seconds"
            return False
        return True

    def _judge_best(self, chains: Chains) -> None:
        sequences = chains.take_news()
        if sequences is None:
            return
        if self.known is not None:
            sequences = _with_rest_of(self.known.plan, sequences)
        # The search's orders leave out what nobody needs: that is handed out behind them.
        self.judge(hand_out_rest(self.problem, schedule(self.problem, sequences), LAST_MINUTE))

    def share_out_rest(self) -> None:
        """Share out the jobs nobody waits for any more, which the search left wherever they happened to be."""
        evaluation = evaluate(self.problem, self.plan)
        served = evaluation.portions.node[evaluation.counted & (evaluation.portions.weight > 0)]
        switches = evaluation.switches[np.isin(evaluation.switches[:, 1], served)]
        last_back = int(switches[switches[:, 2] == 1, 0].max(initial=0))
        try:
            plan, objective = self._judged(hand_out_rest(self.problem, self.plan, last_back))
        except InfeasiblePlan:
            # Shared out anew, a job would miss the minute that an order sets for it.
            return
        complete = len(plan.visits) == len(self.plan.visits)
        if complete and objective <= self.objective and _finish(plan) < _finish(self.plan):
            if objective < self.objective:
                self.trace.append((self.evaluations, objective))
            self.plan, self.objective = plan, objective

    def proposal(self) -> Proposal:
        """Return the best plan by the judge and how it was found."""
        return Proposal(
            plan=self.plan,
            objective=self.objective,
            method="local_search",
            evaluations=self.evaluations,
            seconds=self.seconds,
            stopped_by=self.stopped_by,
            reproducible=self.stopped_by in ("finished", "evaluations") and not self.led_by_clock,
            trace=tuple(self.trace),
        )


def _with_rest_of(plan: Plan, sequences: Sequences) -> Sequences:
    """Return the sequences with the jobs of a plan that are not in them behind those of the same crew."""
    there = {job for jobs in sequences.values() for job in jobs}
    whole = {crew: list(jobs) for crew, jobs in sequences.items()}
    for crew, jobs in plan.sequences().items():
        whole.setdefault(crew, []).extend(job for job in jobs if job not in there)
    return whole


def _finish(plan: Plan) -> int:
    return max((visit.finish for visit in plan.visits), default=0)


def _anneals(evaluations_per_job: float) -> int:
    return ANNEALS if evaluations_per_job >= LONG else 1


def _temperature(share: float, evaluations_per_job: float) -> float:
    """Return the temperature, as a share of the mean repair time, when this share of the budget is spent."""
    anneals = _anneals(evaluations_per_job)
    number = min(int(share * anneals), anneals - 1)
    warm = max(WARMEST * min(evaluations_per_job / LONG, 1.0) * COOLER**number, COLDEST)
    return float(warm * (COLDEST / warm) ** min(share * anneals - number, 1.0))
