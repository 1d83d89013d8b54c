"""The orders that a plan keeps, and what they cost: on paper, as a file and for programs."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.text import Text

from api.console import LEFT, RIGHT, heading, print_list, table_of
from api.orders import orders_without_effect
from api.wording import hours_figure, plain, weighted_hours

if TYPE_CHECKING:
    from rich.console import Console

    from api.planning import Outcome
    from lifeline.evaluation import Evaluation
    from solvers.lock_price import LockPrices

MOST_ORDERS = 30


def print_orders(console: Console, outcome: Outcome) -> None:
    """Print the orders that hold, each with its price if that is known; nothing where there are none."""
    locks, prices = outcome.problem.locks, outcome.lock_prices
    if not locks:
        return
    heading(console, "Orders that this plan keeps")
    if prices is None:
        for lock in locks[:MOST_ORDERS]:
            console.print(Text(f"  {plain(str(lock), 300)}"))
        if len(locks) > MOST_ORDERS:
            console.print(f"  and {len(locks) - MOST_ORDERS:,} more")
    else:
        table = table_of(
            ("Order", LEFT), ("Costs, in weighted person-hours" if outcome.weighted else "Costs", RIGHT)
        )
        for lock in sorted(locks, key=lambda lock: -prices.price(lock))[:MOST_ORDERS]:
            table.add_row(plain(str(lock), 100), hours_figure(weighted_hours(prices.price(lock))))
        if len(locks) > 1:
            table.add_row("all of them together", hours_figure(weighted_hours(prices.price_of_all)))
        console.print(table)
        console.print(
            "Each by the best plans found with it and without it, in person-hours; single prices need not add up.",
            style="dim",
        )
    idle = orders_without_effect(outcome.problem)
    if idle:
        console.print("Without effect, since nothing is broken there:")
        print_list(console, idle, "order")


def write_locks(evaluation: Evaluation, path: Path, prices: LockPrices | None) -> None:
    """Write the orders as a CSV file, with the weighted person-hours that each costs; blank where nobody asked."""
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(["job", "kind", "value", "person_hours"])
        for lock in evaluation.problem.locks:
            hours = "" if prices is None else weighted_hours(prices.price(lock))
            rows.writerow([lock.job, lock.kind, lock.value, hours])


def orders_report(outcome: Outcome) -> dict[str, Any]:
    """Return the orders and their prices for programs; prices are null where nobody asked."""
    prices = outcome.lock_prices
    return {
        "locks": [
            {
                "job": lock.job,
                "kind": lock.kind,
                "value": lock.value,
                "person_hours": None if prices is None else weighted_hours(prices.price(lock)),
            }
            for lock in outcome.problem.locks
        ],
        "locks_person_hours": None if prices is None else weighted_hours(prices.price_of_all),
    }
