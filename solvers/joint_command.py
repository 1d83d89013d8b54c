"""What it is worth that crews of all owners work for all: the same task twice, joint and each for its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from lifeline.evaluation import evaluate
from lifeline.plan import LAST_MINUTE
from lifeline.repair import build_problem
from lifeline.schedule import schedule
from lifeline.shock import Shock
from solvers.dispatch import hand_out_rest
from solvers.solver import Budget

if TYPE_CHECKING:
    from lifeline.evaluation import Evaluation
    from lifeline.plan import Plan, Visit
    from lifeline.repair import RepairProblem
    from lifeline.system import System


@dataclass(frozen=True, eq=False)
class CommandWorth:
    """The best plan found under joint command and the best where crews work for their owner only."""

    joint: Evaluation
    own: Evaluation

    @property
    def objective_saved(self) -> int:
        """Return what joint command saves, in persons x thousandths x minutes."""
        return self.own.objective - self.joint.objective

    @property
    def helping(self) -> tuple[Visit, ...]:
        """Return the visits of the joint plan in which a crew works for another owner than its own."""
        problem = self.joint.problem
        owner = {crew.id: crew.owner for crew in problem.crews}
        return tuple(
            visit
            for visit in self.joint.plan.visits
            if problem.job(visit.job).owner not in ("", owner[visit.crew])
        )

    @property
    def only_joint(self) -> Mapping[str, str]:
        """Return the jobs that nobody can do under own command but somebody can jointly, with the reason."""
        joint = self.joint.problem.unassignable
        return {job: why for job, why in self.own.problem.unassignable.items() if job not in joint}


def worth_of_joint_command(system: System, *, budget: Budget | None = None, seed: int = 0) -> CommandWorth:
    """Plan the system's own damage both ways, over the same horizon and with the same budget.

    The joint search also begins with the plan made under own command, since joint crews could follow that: joint
    command is never worth less than nothing.
    """
    from solvers import solve

    joint = _problem(system, "joint", None)
    own = _problem(system, "own", joint.horizon_minutes)
    best_own = evaluate(own, solve(own, budget=budget, seed=seed).plan)
    proposal = solve(joint, budget=budget, seed=seed)
    return CommandWorth(_best_joint(joint, proposal.plan, best_own, budget or Budget(), seed), best_own)


def _problem(system: System, command: str, horizon_minutes: int | None) -> RepairProblem:
    under = system.replace(settings=replace(system.settings, command=command))
    return build_problem(under, Shock.from_table(under, under.damage), horizon_minutes=horizon_minutes)


def _best_joint(joint: RepairProblem, plan: Plan, own: Evaluation, budget: Budget, seed: int) -> Evaluation:
    """Return the better of a joint plan and one found from the plan that keeps to owners."""
    from solvers import judged_search, local_search

    found = evaluate(joint, plan)
    start = own.plan.sequences()
    if joint.system.settings.is_plain:
        other = local_search.solve(joint, budget=budget, seed=seed, start=start).plan
    else:
        whole = schedule(joint, hand_out_rest(joint, schedule(joint, start), LAST_MINUTE))
        other = judged_search.improve(joint, whole, budget=budget, seed=seed).plan
    return min(found, evaluate(joint, other), key=lambda evaluation: evaluation.objective)
