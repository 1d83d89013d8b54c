"""The compiled search over orders of repair: annealing, then every small change until none helps.

An order is a row of places, `units` to a step; a place holds an element or is idle (-1). Places after the last step are
for what is never repaired. Only the steps between two changed places need a new look, and only layers that a
changed element touches.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from solvers.indp.flow_kernels import Bytes, Desk, Floats, Longs, Memory, Net, Words, known_layer_cost, settle

HOPELESS = np.inf


class Work(NamedTuple):
    """What the search needs to know of a problem."""

    net: Net
    nodes_intact: Bytes
    links_intact: Bytes
    element_node: Longs
    element_link: Longs
    touches: NDArray[np.bool_]
    repair_cost: Floats
    spaces: Longs
    spaces_start: Longs
    space_cost: Floats
    units: int
    horizon: int


class Order(NamedTuple):
    """An order and what it costs: elements by place, step of each element, costs by step and layer, and by step."""

    row: Longs
    step: Longs
    layer_cost: Floats
    work_cost: Floats


class Tools(NamedTuple):
    """Room to work in, shared by all looks at orders."""

    desk: Desk
    memory: Memory
    works: Bytes
    whole: Bytes
    marks: Longs
    touched: NDArray[np.bool_]


@njit(cache=True)
def random_below(random: Words, bound: int) -> int:
    """Return a whole number from 0 up to, not including, `bound` (splitmix64; Steele, Lea, Flood 2014)."""
    random[0] += np.uint64(0x9E3779B97F4A7C15)
    mixed = random[0]
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed ^= mixed >> np.uint64(31)
    return np.int64((mixed >> np.uint64(11)) % np.uint64(bound))


@njit(cache=True)
def step_of_place(work: Work, place: int) -> int:
    """Return the step, from 0 on, that a place belongs to; the horizon for what is never repaired."""
    return min(place // work.units, work.horizon)


@njit(cache=True)
def flow_cost_of(work: Work, tools: Tools, step_of: Longs, step: int, layer: int) -> float:
    """Return what a layer costs in a step, of which `tools.works` and `tools.whole` hold the state."""
    return known_layer_cost(work.net, tools.memory, tools.desk, layer, tools.works, tools.whole)


@njit(cache=True)
def take_state(work: Work, tools: Tools, step_of: Longs, step: int) -> None:
    """Put what works after the repairs of a step into the tools."""
    tools.works[:] = work.nodes_intact
    tools.whole[:] = work.links_intact
    for k in range(len(step_of)):
        if step_of[k] <= step:
            if work.element_node[k] >= 0:
                tools.works[work.element_node[k]] = 1
            else:
                tools.whole[work.element_link[k]] = 1
    settle(work.net, tools.works)


@njit(cache=True)
def work_cost_of(work: Work, tools: Tools, row: Longs, step: int) -> float:
    """Return what the repairs of a step cost, with the preparation of each space they cross."""
    tools.marks[0] += 1
    stamp = tools.marks[0]
    cost = 0.0
    for place in range(step * work.units, (step + 1) * work.units):
        k = row[place]
        if k < 0:
            continue
        cost += work.repair_cost[k]
        for crossed in range(work.spaces_start[k], work.spaces_start[k + 1]):
            space = work.spaces[crossed]
            if tools.marks[space + 1] != stamp:
                tools.marks[space + 1] = stamp
                cost += work.space_cost[space]
    return cost


@njit(cache=True)
def look_again(work: Work, tools: Tools, order: Order, first: int, last: int, every_layer: bool) -> float:
    """Work out anew what changes when the places from `first` to `last` have changed; return the change of the cost.

    `order.step` still holds the old steps.
    """
    first_step, last_step = step_of_place(work, first), step_of_place(work, last)
    tools.touched[:] = every_layer
    for place in range(first, last + 1):
        k = order.row[place]
        if k >= 0:
            step = step_of_place(work, place)
            if order.step[k] != step:
                order.step[k] = step
                tools.touched[:] |= work.touches[k]
    change = 0.0
    for step in range(first_step, min(last_step + 1, work.horizon)):
        new = work_cost_of(work, tools, order.row, step)
        change += new - order.work_cost[step]
        order.work_cost[step] = new
        if step == last_step and not every_layer:
            continue
        take_state(work, tools, order.step, step)
        for layer in range(len(tools.touched)):
            if tools.touched[layer]:
                new = flow_cost_of(work, tools, order.step, step, layer)
                change += new - order.layer_cost[step, layer]
                order.layer_cost[step, layer] = new
    return change


@njit(cache=True)
def copy_order(source: Order, target: Order, first: int, last: int, work: Work) -> None:
    """Copy what a change of the places from `first` to `last` can change."""
    target.row[first : last + 1] = source.row[first : last + 1]
    target.step[:] = source.step
    start, stop = step_of_place(work, first), min(step_of_place(work, last) + 1, work.horizon)
    target.layer_cost[start:stop] = source.layer_cost[start:stop]
    target.work_cost[start:stop] = source.work_cost[start:stop]


@njit(cache=True)
def swap_blocks(row: Longs, i: int, j: int, length: int) -> None:
    """Exchange two runs of places that do not overlap."""
    for offset in range(length):
        row[i + offset], row[j + offset] = row[j + offset], row[i + offset]


@njit(cache=True)
def move_run(row: Longs, i: int, length: int, to: int) -> None:
    """Take a run of places out and put it in so that it begins at `to`; what lies between moves up."""
    first, last = min(i, to), max(i, to) + length - 1
    run = row[i : i + length].copy()
    rest = np.empty(last - first + 1 - length, np.int64)
    count = 0
    for place in range(first, last + 1):
        if not i <= place < i + length:
            rest[count] = row[place]
            count += 1
    row[to : to + length] = run
    count = 0
    for place in range(first, last + 1):
        if not to <= place < to + length:
            row[place] = rest[count]
            count += 1


@njit(cache=True)
def change_at_random(work: Work, row: Longs, random: Words) -> tuple[int, int]:
    """Change the order a little; return the first and the last place changed, -1 when nothing did."""
    steps = work.horizon * work.units
    used = len(row)
    i = random_below(random, used)
    reach = 1 + random_below(random, 2 + random_below(random, steps))
    j = i + reach if random_below(random, 2) else i - reach
    if j < 0 or j >= used:
        return -1, -1
    kind = random_below(random, 10)
    if kind < 5 or max(i, j) >= steps:
        if row[i] == row[j] or step_of_place(work, i) == step_of_place(work, j):
            return -1, -1
        swap_blocks(row, i, j, 1)
        return min(i, j), max(i, j)
    length = 1 if kind < 7 else 1 + random_below(random, 2 * work.units)
    if max(i, j) + length > steps:
        return -1, -1
    move_run(row, i, length, j)
    return min(i, j), max(i, j) + length - 1


@njit(cache=True)
def anneal(
    work: Work,
    tools: Tools,
    order: Order,
    trial: Order,
    best: Longs,
    cost: float,
    random: Words,
    tries: int,
    hot: float,
    cold: float,
) -> float:
    """Anneal an order from temperature `hot` to `cold` (USD); `best` receives the best row, whose cost is returned."""
    least = cost
    best[:] = order.row
    copy_order(order, trial, 0, len(order.row) - 1, work)
    cooling = (cold / hot) ** (1.0 / max(tries, 1))
    heat = hot
    for _ in range(tries):
        heat *= cooling
        first, last = change_at_random(work, trial.row, random)
        if first < 0:
            continue
        change = look_again(work, tools, trial, first, last, False)
        luck = (random_below(random, 1 << 30) + 1) / (1 << 30)
        if change <= -heat * np.log(luck):
            copy_order(trial, order, first, last, work)
            cost += change
            if cost < least - 1e-3:
                least = cost
                best[:] = order.row
        else:
            copy_order(order, trial, first, last, work)
    return least


@njit(cache=True)
def descend(work: Work, tools: Tools, order: Order, trial: Order, cost: float) -> float:
    """Exchange two places, or move one, as long as that helps; return the cost reached."""
    copy_order(order, trial, 0, len(order.row) - 1, work)
    steps = work.horizon * work.units
    improved = True
    while improved:
        improved = False
        for i in range(len(order.row)):
            for j in range(i + 1, len(order.row)):
                if step_of_place(work, i) == step_of_place(work, j):
                    continue
                for kind in range(3):
                    if kind and j >= steps:
                        break
                    if kind == 0:
                        if trial.row[i] < 0 and trial.row[j] < 0:
                            continue
                        swap_blocks(trial.row, i, j, 1)
                    elif kind == 1:
                        if trial.row[i] < 0:
                            continue
                        move_run(trial.row, i, 1, j)
                    else:
                        if trial.row[j] < 0:
                            continue
                        move_run(trial.row, j, 1, i)
                    change = look_again(work, tools, trial, i, j, False)
                    if change < -1e-3:
                        copy_order(trial, order, i, j, work)
                        cost += change
                        improved = True
                    else:
                        copy_order(order, trial, i, j, work)
    return cost
