"""What can go wrong, as one small tree; every message says which thing, what is wrong and what to try."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from lifeline.nearest import Nearest

if TYPE_CHECKING:
    from lifeline.conditions import Lock

PRINTED_PROBLEMS = 50


class LifelineError(Exception):
    """Anything lifeline itself refuses to do or cannot do."""


@dataclass(frozen=True)
class Problem:
    """One bad place in the input: the table, the row as a spreadsheet numbers it, the column and the value.

    The header is row 1, the first row of data row 2. `row` and `column` are None if the whole table is meant.
    """

    table: str
    row: int | None
    column: str | None
    value: str | None
    message: str

    def __str__(self) -> str:
        """Return the problem as one line."""
        place = self.table
        if self.row is not None:
            place += f", row {self.row}"
        if self.column is not None:
            place += f", {self.column}"
        if self.value is not None:
            place += f" = {_shortened(self.value)!r}"
        return f"{place}: {self.message}"


class InvalidInput(LifelineError):  # noqa: N818 - the word of the design
    """What was handed in breaks the rules; `problems` lists every bad place (none if a sentence does)."""

    def __init__(self, message: str, problems: Iterable[Problem] = ()) -> None:
        """Take the whole message and the problems it tells of."""
        super().__init__(message)
        self.problems = tuple(problems)

    @classmethod
    def of(cls, problems: Iterable[Problem], where: str = "the input") -> Self:
        """Build one error of all problems; the message prints fifty of them, `problems` keeps them all."""
        found = tuple(problems)
        count = "1 problem" if len(found) == 1 else f"{len(found)} problems"
        lines = [f"{count} in {where}:"]
        lines += [f"  {problem}" for problem in found[:PRINTED_PROBLEMS]]
        if len(found) > PRINTED_PROBLEMS:
            lines.append(f"  and {len(found) - PRINTED_PROBLEMS} more")
        return cls("\n".join(lines), found)


class UnknownComponent(InvalidInput):
    """A component is named that the system does not have."""

    @classmethod
    def named(cls, component: str, known: Iterable[str]) -> Self:
        """Say that `component` is unknown and which known id is nearest to it."""
        message = f"There is no component {_shortened(component)!r} in this system."
        guess = Nearest(known).to(component)
        if guess is not None:
            message += f" Did you mean {guess!r}?"
        return cls(message)


class ConflictingOrders(InvalidInput):
    """Orders that no plan keeps together; `locks` are as few of them as cannot be kept."""

    def __init__(self, message: str, locks: Iterable["Lock"]) -> None:
        """Take the whole message and the orders it names."""
        super().__init__(message)
        self.locks = tuple(locks)


class InfeasiblePlan(LifelineError):  # noqa: N818 - the word of the design
    """A plan cannot be carried out as it was asked for."""


class SolverFailure(LifelineError):  # noqa: N818 - the word of the design
    """A solver stopped without an answer it can stand behind."""


def _shortened(value: str, most: int = 80) -> str:
    return value if len(value) <= most else value[: most - 1] + "…"
