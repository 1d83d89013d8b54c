"""People split over the nodes that serve them, in whole persons; the vulnerable among them in portions of their own.

A portion of their own has a weight of its own, so that nothing else has to know who is vulnerable.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lifeline.tables import PLAIN_WEIGHT_PERMILLE

if TYPE_CHECKING:
    from lifeline.compiled import Portions
    from lifeline.system import System

Longs = NDArray[np.int64]


def largest_remainder(
    people: NDArray[np.int64], customer: NDArray[np.int64], service: NDArray[np.int64], share: NDArray[Any]
) -> NDArray[np.int64]:
    """Split each customer's people over its portions in whole persons; left-over persons go to the largest remainders.

    Ties go to the earlier portion (Hamilton's method of apportionment). Portions are sorted by customer and
    service.
    """
    if not len(customer):
        return np.zeros(0, np.int64)
    fresh = np.ones(len(customer), bool)
    fresh[1:] = (np.diff(customer) != 0) | (np.diff(service) != 0)
    owner = np.cumsum(fresh) - 1
    total = people[customer]
    # Shares are decimal numbers from a file: the tiny excess undoes what binary fractions lose (0.29 * 100 =
    # 28.99...).
    exact = total * share / np.bincount(owner, share)[owner] + 1e-9
    whole = np.floor(exact).astype(np.int64)
    left: Longs = total[fresh] - np.bincount(owner, whole).astype(np.int64)
    order = np.lexsort((np.arange(len(owner)), -np.round(exact - whole, 9), owner))
    rank = np.arange(len(owner)) - np.flatnonzero(fresh)[owner]
    spare: NDArray[np.bool_] = rank < left[owner]
    whole[order] += spare
    return np.asarray(whole, np.int64)


def with_vulnerable_apart(system: System, portions: Portions) -> Portions:
    """Return the portions with the vulnerable people of each in one of its own, right behind the others.

    There a person counts the supply's weight times `vulnerable_weight_permille` / 1000, rounded down to whole
    thousandths. Where vulnerable people count like everybody else, the portions stay as they are.
    """
    permille = system.settings.vulnerable_weight_permille
    vulnerable = system.customers["vulnerable_persons"].to_numpy(dtype=np.int64)
    if permille == PLAIN_WEIGHT_PERMILLE or not vulnerable.any():
        return portions
    of_portion = vulnerable_of_portions(portions, vulnerable)
    twice = np.repeat(np.arange(len(portions)), 1 + (of_portion > 0))
    second = np.concatenate([[False], np.diff(twice) == 0])
    others = portions.persons - of_portion
    weight = portions.weight_permille[twice]
    return replace(
        portions,
        customer=portions.customer[twice],
        service=portions.service[twice],
        node=portions.node[twice],
        persons=np.where(second, of_portion[twice], others[twice]),
        weight_permille=np.where(second, weight * permille // PLAIN_WEIGHT_PERMILLE, weight),
    )


def vulnerable_of_portions(portions: Portions, vulnerable: Longs) -> Longs:
    """Split each customer's vulnerable people over its portions, in proportion to their whole persons.

    Left-over people go to the largest remainders, ties to the earlier portion. In proportion to persons, not to
    shares: with largest remainders a part split by the same shares may be more than the whole in some portion
    (the Alabama paradox).
    """
    customer, persons = portions.customer.astype(np.int64), portions.persons
    fresh = np.ones(len(portions), bool)
    fresh[1:] = (np.diff(customer) != 0) | (np.diff(portions.service) != 0)
    owner = np.cumsum(fresh) - 1
    people = np.zeros(int(owner[-1]) + 1 if len(owner) else 0, np.int64)
    np.add.at(people, owner, persons)
    # A supply without persons has no vulnerable ones either: any divisor will do.
    whole, remainder = np.divmod(vulnerable[customer] * persons, np.maximum(people, 1)[owner])
    left = np.where(people > 0, vulnerable[customer[fresh]], 0)
    np.subtract.at(left, owner, whole)
    order = np.lexsort((np.arange(len(owner)), -remainder, owner))
    rank = np.arange(len(owner)) - np.flatnonzero(fresh)[owner]
    whole[order] += rank < left[owner]
    return np.asarray(whole, np.int64)
