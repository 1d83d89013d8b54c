"""A plan side by side with the rules dispatchers know, all of them put before the one judge."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from api.progress import Steps
    from lifeline.evaluation import Evaluation
    from lifeline.plan import Plan
    from lifeline.repair import RepairProblem
    from lifeline.system import System
    from solvers import Budget, Proposal

SEARCHES = ("auto", "local_search", "cp_sat")
OUR_RULE = "bundles"
GIVEN = "your plan"


@dataclass(frozen=True)
class Score:
    """What one rule's plan costs: person-hours without service, and the objective (with weights)."""

    person_hours: float
    objective: int


@dataclass(frozen=True, eq=False)
class Outcome:
    """A plan judged, and what every rule would have cost; `proposal` is None for a plan handed in."""

    evaluation: Evaluation
    rules: Mapping[str, Score]
    proposal: Proposal | None = None
    seed: int | None = None

    @property
    def problem(self) -> RepairProblem:
        """Return the problem the plan is for."""
        return self.evaluation.problem

    @property
    def plan(self) -> Plan:
        """Return the plan."""
        return self.evaluation.plan

    @property
    def method(self) -> str:
        """Return where the plan is from, in words."""
        return self.proposal.method if self.proposal else GIVEN

    @property
    def known_rules(self) -> dict[str, Score]:
        """Return the scores of the rules dispatchers know, without our own."""
        return {name: score for name, score in self.rules.items() if name != OUR_RULE}

    @cached_property
    def under_connectivity(self) -> Evaluation | None:
        """Return what the plan costs where whoever is connected is served; None when that is how it was judged."""
        from lifeline.evaluation import evaluate

        plain = self.problem.under_connectivity
        return None if plain is self.problem else evaluate(plain, self.plan)

    @property
    def weighted(self) -> bool:
        """Tell whether people, services or districts count differently: the objective is not the person-hours then."""
        return self.fair or bool((self.evaluation.portions.weight_permille != 1000).any())

    @property
    def fair(self) -> bool:
        """Tell whether the worst-served district counts extra."""
        return self.problem.system.settings.fairness_permille > 0


def problem_of(system: System) -> RepairProblem:
    """Return the repair problem that a system's own damage and crews make."""
    from lifeline.repair import build_problem
    from lifeline.shock import Shock

    return build_problem(system, Shock.from_table(system, system.damage))


def planned(
    problem: RepairProblem, *, method: str, budget: Budget | None, seed: int, steps: Steps
) -> Outcome:
    """Search for a plan, and put it side by side with the rules."""
    from lifeline.evaluation import evaluate
    from solvers import solve

    rules = judged_rules(problem, steps)
    with steps.search(budget) as on_progress:
        proposal = solve(problem, method=method, budget=budget, seed=seed, on_progress=on_progress)
    best = min(rules.values(), key=lambda evaluation: evaluation.objective)
    if method in SEARCHES and best.objective < proposal.objective:
        # A search that is stopped at once has not come to every rule; here they have all been worked out.
        proposal = replace(proposal, plan=best.plan, objective=best.objective)
    return Outcome(evaluate(problem, proposal.plan), _scores(rules), proposal, seed)


def given(problem: RepairProblem, plan: Plan, steps: Steps) -> Outcome:
    """Put a plan that somebody made side by side with the rules."""
    from lifeline.evaluation import evaluate

    return Outcome(evaluate(problem, plan), _scores(judged_rules(problem, steps)))


def judged_rules(problem: RepairProblem, steps: Steps) -> dict[str, Evaluation]:
    """Return the plan of each rule, judged: the five known ones in their order, then our own."""
    from lifeline.evaluation import evaluate
    from solvers import KNOWN_RULES, solve

    rules = {}
    for rule in (*KNOWN_RULES, OUR_RULE):
        steps.now(f"Planning by the rule {rule}")
        rules[rule] = evaluate(problem, solve(problem, method=rule).plan)
    return rules


def _scores(rules: Mapping[str, Evaluation]) -> dict[str, Score]:
    return {rule: Score(judged.person_hours, judged.objective) for rule, judged in rules.items()}
