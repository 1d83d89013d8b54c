"""How many spare parts a depot has for the jobs still to do, minute by minute."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lifeline.repair import RepairProblem


def stock_left(problem: RepairProblem, depot: str, part: str) -> tuple[tuple[int, int], ...]:
    """Return (minute, pieces in all from then on) of what jobs still to do may use, in order of time, ever more.

    What the history has used is taken off. Nobody begins anything before the first crew is free, so what was used
    until then is gone for all; where more is used later, the jobs before that had more, and no plan is denied that.
    """
    now = int(problem.starts[1].min()) if problem.crews else 0
    changes = [(max(minute, now), pieces) for minute, pieces in problem.conditions.in_stock(depot, part)]
    for job, visit in problem.past.items():
        if problem.crews[problem.crew_index[visit.crew]].depot == depot:
            taken = sum(pieces for other, pieces in problem.conditions.uses.get(job, ()) if other == part)
            changes.append((max(visit.start, now), -taken))
    left: list[tuple[int, int]] = []
    pieces, most = 0, 0
    for minute in sorted({minute for minute, _ in changes}):
        pieces += sum(more for at, more in changes if at == minute)
        if pieces > most:
            most = pieces
            left.append((minute, most))
    return tuple(left)


def first_minute_with(left: tuple[tuple[int, int], ...], pieces: int) -> int | None:
    """Return the first minute from which so many pieces are there; None for never."""
    return next((minute for minute, most in left if most >= pieces), None)


def most_by(minute: int, left: tuple[tuple[int, int], ...]) -> int:
    """Return how many pieces are there by a minute."""
    return max((most for at, most in left if at <= minute), default=0)
