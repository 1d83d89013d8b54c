"""What every solver takes and gives: a RepairProblem and a Budget in, a Proposal out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING, Literal, Protocol

from lifeline.errors import InvalidInput, SolverFailure

if TYPE_CHECKING:
    from lifeline.plan import Plan
    from lifeline.repair import RepairProblem

StoppedBy = Literal["finished", "evaluations", "seconds", "cancelled", "crashed", "memory"]
"The last two: a child process that a solver had started crashed, or ran out of memory."


@dataclass(frozen=True)
class Budget:
    """How long a solver may look: plans evaluated, seconds on the clock, or both; whichever ends first.

    A search counts every change it tries; the plans it starts from and those it shows the judge come on top.

    A budget of evaluations makes the result reproducible; a run that the clock stopped says so in its
    Proposal.
    """

    evaluations: int | None = None
    seconds: float | None = None

    def __post_init__(self) -> None:
        """Refuse budgets of nothing."""
        if self.evaluations is not None and self.evaluations < 1:
            raise InvalidInput(f"Budget: evaluations must be at least 1, got {self.evaluations}.")
        if self.seconds is not None and not 0 < self.seconds < inf:
            raise InvalidInput(f"Budget: seconds must be positive and finite, got {self.seconds}.")


@dataclass(frozen=True)
class Progress:
    """How far a solver is: its phase, the best objective so far, what it has spent, and what no plan is below.

    `plan` is the one with that objective, where the solver has it at hand: who watches can hand it out already.
    """

    phase: str
    objective: int
    evaluations: int
    seconds: float
    bound: int | None = None
    plan: Plan | None = None


OnProgress = Callable[[Progress], bool | None]
"Called now and then during a search; returning False ends it with the best plan so far."


@dataclass(frozen=True)
class Proposal:
    """A plan a solver stands behind, and how it came by it.

    `objective` is what the judge makes of the plan. `trace` lists (evaluations, objective) whenever the best
    improved. `bound` is a number that no plan is below; None where nobody has looked for one.
    """

    plan: Plan
    objective: int
    method: str
    evaluations: int
    seconds: float
    stopped_by: StoppedBy
    reproducible: bool
    trace: tuple[tuple[int, int], ...] = ()
    bound: int | None = None

    def __post_init__(self) -> None:
        """Refuse a bound that the plan itself disproves."""
        if self.bound is not None and self.bound > self.objective:
            raise SolverFailure(
                f"{self.method} claims that no plan is below {self.bound}, and has one of {self.objective}. "
                "This is an error in lifeline; please report it."
            )

    @property
    def gap(self) -> float | None:
        """Return the share of the objective that a better plan might still save; None without a bound."""
        if self.bound is None:
            return None
        return 0.0 if self.objective == 0 else (self.objective - self.bound) / self.objective


class Solver(Protocol):
    """A way to choose a plan."""

    def __call__(
        self,
        problem: RepairProblem,
        *,
        budget: Budget,
        seed: int,
        on_progress: OnProgress | None,
    ) -> Proposal:
        """Return the best plan found within the budget."""
        ...
