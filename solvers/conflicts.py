"""Orders that cannot be kept together: as few of them as still cannot (Junker 2004, QuickXplain)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from lifeline.conditions import Lock, allowed_by, conditions_of
from lifeline.errors import ConflictingOrders
from lifeline.jobs import work_of
from lifeline.repair import RepairProblem
from lifeline.road_graph import travel_between
from lifeline.roads import RoadTravel
from lifeline.unassignable import unassignable_jobs
from solvers.kept_orders import MOST_TRIES, Kept, keep_orders, ordered_jobs

if TYPE_CHECKING:
    from lifeline.jobs import Work
    from lifeline.travel import Travel


@dataclass(frozen=True)
class Conflict:
    """Orders that no plan keeps together, and why.

    `is_smallest`: without any one of them, the others can be kept. Otherwise the search for that gave up somewhere.
    `is_certain`: it is proven that no plan keeps them; otherwise none was found.
    """

    locks: tuple[Lock, ...]
    reason: str
    is_smallest: bool
    is_certain: bool

    def __str__(self) -> str:
        """Say it to a dispatcher, with every order on a line of its own."""
        one = len(self.locks) == 1
        if not self.is_certain:
            head = "No plan was found that keeps these orders; that there is none is not proven:"
        elif one:
            head = "This order cannot be kept:"
        elif self.is_smallest:
            head = f"These {len(self.locks)} orders cannot all be kept; without any one of them the others could be:"
        else:
            head = (
                f"These {len(self.locks)} orders cannot all be kept, and perhaps fewer of them cannot either:"
            )
        lines = [head, *(f"  {lock}" for lock in self.locks)]
        advice = "Take it back or change it." if one else "Take one of them back or change it."
        return "\n".join([*lines, f"{self.reason} {advice}".strip()])


@dataclass(frozen=True, eq=False)
class Orders:
    """The orders of a problem, and the same problem under some of them only."""

    problem: RepairProblem
    most_tries: int = MOST_TRIES

    @cached_property
    def work(self) -> Work:
        """Return the jobs by the names that orders use."""
        return work_of(self.problem.system, self.problem.shock)

    @cached_property
    def _travel(self) -> Travel:
        """Return the travel before roads were shut for good whose repair an order makes impossible."""
        if isinstance(self.problem.travel, RoadTravel):
            return travel_between(
                self.problem.system, self.problem.crews, self.problem.jobs, self.problem.history
            )
        return self.problem.travel

    @cached_property
    def without_any(self) -> RepairProblem:
        """Return the problem without orders."""
        return self.under(())

    @cached_property
    def ordered(self) -> tuple[int, ...]:
        """Return the jobs of all orders that could be done without any, by number."""
        could = self.without_any.unassignable
        return tuple(job for job in ordered_jobs(self.problem) if self.problem.jobs[job].id not in could)

    def under(self, locks: Sequence[Lock]) -> RepairProblem:
        """Return the same problem, with the same horizon, under these orders alone."""
        problem, work = self.problem, self.work
        conditions = conditions_of(problem.system, work, locks)
        own_only = problem.system.settings.command == "own"
        allowed = allowed_by(locks, work, problem.crews, own_only=own_only)
        done = frozenset(visit.job for visit in problem.history)
        travel = self._travel
        unassignable = unassignable_jobs(
            problem.crews, problem.jobs, travel, conditions, allowed, done, locks
        )
        if isinstance(travel, RoadTravel):
            travel = travel.without(
                [number for number, job in enumerate(problem.jobs) if job.id in unassignable]
            )
        return RepairProblem(
            problem.system,
            problem.shock,
            problem.crews,
            problem.jobs,
            problem.horizon_minutes,
            travel,
            unassignable,
            conditions,
            tuple(sorted(locks)),
            None if allowed.all() else allowed,
            problem.history,
        )

    def kept_under(self, locks: Sequence[Lock], *, most_tries: int | None = None) -> Kept:
        """Tell whether a plan keeps these orders, with every job done that any of all orders is about."""
        return keep_orders(self.under(locks), self.ordered, most_tries=most_tries or self.most_tries)


def conflict_in(problem: RepairProblem, *, most_tries: int = MOST_TRIES) -> Conflict | None:
    """Return as few orders as no plan keeps together; None where some plan keeps all.

    None as well where ordered jobs stay undone without any order too, since orders are not what is wrong then.
    """
    if not problem.locks:
        return None
    orders = Orders(problem, most_tries)
    everything = tuple(lock for lock in problem.locks if _is_about_something(orders, lock))
    kept = orders.kept_under(everything)
    if kept.sequences is not None or orders.kept_under(()).sequences is None:
        return None
    if not kept.is_certain:
        return _uncertain(orders, everything, kept)
    found = _Explained(orders)
    locks = tuple(sorted(found.smallest((), everything, is_new=False)))
    return Conflict(locks, orders.kept_under(locks).reason, is_smallest=not found.gave_up, is_certain=True)


def refuse_conflicts(problem: RepairProblem) -> None:
    """Raise ConflictingOrders where orders cannot be kept together: it names as few as cannot, and why."""
    found = conflict_in(problem)
    if found is not None:
        raise ConflictingOrders(str(found), found.locks)


def refuse_conflicts_from_the_start(problem: RepairProblem, now: Callable[[], RepairProblem]) -> None:
    """Raise ConflictingOrders where orders could not be kept together at time zero, and cannot now either.

    `problem` is the one of time zero; `now` gives it as the news has changed it, and is asked only if it matters. What
    the news alone has made impossible is for the message to the crews.
    """
    found = conflict_in(problem)
    if found is not None and conflict_in(now()) is not None:
        raise ConflictingOrders(str(found), found.locks)


def _is_about_something(orders: Orders, lock: Lock) -> bool:
    """Tell whether an order is for a job that there is, and that is still to do."""
    name = orders.work.named.get(lock.job, lock.job)
    number = orders.problem.job_index.get(name)
    return number is not None and number not in orders.problem.past


def _uncertain(orders: Orders, locks: tuple[Lock, ...], kept: Kept) -> Conflict:
    """Return the first order that certainly cannot be kept by itself, or all, with what is known of them."""
    for lock in locks:
        alone = orders.kept_under((lock,))
        if alone.sequences is None and alone.is_certain:
            return Conflict((lock,), alone.reason, is_smallest=True, is_certain=True)
    return Conflict(locks, kept.reason, is_smallest=False, is_certain=False)


@dataclass
class _Explained:
    """QuickXplain: halve the orders, and keep of each half what it takes for a conflict with the other."""

    orders: Orders
    gave_up: bool = False

    def smallest(self, given: tuple[Lock, ...], among: tuple[Lock, ...], *, is_new: bool) -> tuple[Lock, ...]:
        """Return as few of `among` as conflict together with `given`; `is_new`: given has grown just now."""
        if is_new and self._conflict(given):
            return ()
        if len(among) == 1:
            return among
        half = len(among) // 2
        left, right = among[:half], among[half:]
        from_right = self.smallest((*given, *left), right, is_new=True)
        from_left = self.smallest((*given, *from_right), left, is_new=bool(from_right))
        return (*from_left, *from_right)

    def _conflict(self, locks: tuple[Lock, ...]) -> bool:
        kept = self.orders.kept_under(locks)
        self.gave_up = self.gave_up or not kept.is_certain
        return kept.sequences is None and kept.is_certain
