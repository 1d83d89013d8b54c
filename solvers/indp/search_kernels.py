"""The compiled search over orders of repair: annealing, then every small change until none helps.

An order is a row of places, `units` to a step; a place holds an element or is idle (-1). Places after the last step are
for what is never repaired. Only the steps between two changed places need a new look, and only layers that a
changed element touches.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lifeline.lean import lean
from solvers.indp.flow_kernels import (
    Bytes,
    Desk,
    Floats,
    Longs,
    Memory,
    Net,
    Words,
    layer_cost,
    layer_word,
    least_layer_cost,
    recall,
    remember,
    settle,
)

HOPELESS = np.inf
"Change of cost of a change that was given up."

LEAST_CHANGE = 1e-3
"USD; less than this is rounding."


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
    unknown: NDArray[np.bool_]


@lean
def random_below(random: Words, bound: int) -> int:
    """Return a whole number from 0 up to, not including, `bound` (splitmix64; Steele, Lea, Flood 2014)."""
    random[0] += np.uint64(0x9E3779B97F4A7C15)
    mixed = random[0]
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed ^= mixed >> np.uint64(31)
    return np.int64((mixed >> np.uint64(11)) % np.uint64(bound))


@lean
def step_of_place(work: Work, place: int) -> int:
    """Return the step, from 0 on, that a place belongs to; the horizon for what is never repaired."""
    return min(place // work.units, work.horizon)


@lean
def take_state(work: Work, tools: Tools, step_of: Longs, step: int) -> None:
    """Put what works after the repairs of a step into the tools."""
    works, whole = tools.works, tools.whole
    nodes_intact, links_intact = work.nodes_intact, work.links_intact
    element_node, element_link = work.element_node, work.element_link
    for node in range(len(works)):
        works[node] = nodes_intact[node]
    for link in range(len(whole)):
        whole[link] = links_intact[link]
    for k in range(len(step_of)):
        if step_of[k] <= step:
            if element_node[k] >= 0:
                works[element_node[k]] = 1
            else:
                whole[element_link[k]] = 1
    settle(work.net, works)


@lean
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


@lean
def look_again(
    work: Work, tools: Tools, order: Order, first: int, last: int, limit: float, every_layer: bool
) -> float:
    """Work out anew what changes when the places from `first` to `last` have changed; return the change of the cost.

    HOPELESS once the change must exceed `limit`; the order's costs are then unfinished. `order.step` still
    holds the old steps.
    """
    first_step, last_step = step_of_place(work, first), step_of_place(work, last)
    change = _take_new_steps(work, tools, order, first, last, every_layer)
    stop = last_step + 1 if every_layer else last_step
    for step in range(first_step, min(stop, work.horizon)):
        take_state(work, tools, order.step, step)
        for layer in range(len(tools.touched)):
            tools.unknown[step, layer] = False
            if tools.touched[layer]:
                word = layer_word(work.net, layer, tools.works, tools.whole)
                cost = recall(tools.memory, word)
                if cost < 0:
                    tools.unknown[step, layer] = True
                    cost = least_layer_cost(work.net, tools.desk, layer, tools.works, tools.whole)
                change += cost - order.layer_cost[step, layer]
                order.layer_cost[step, layer] = cost
    for step in range(first_step, min(stop, work.horizon)):
        if change > limit:
            return HOPELESS
        change += _know_step(work, tools, order, step)
    return change if change <= limit else HOPELESS


@lean
def _take_new_steps(
    work: Work, tools: Tools, order: Order, first: int, last: int, every_layer: bool
) -> float:
    """Give the elements their new steps, mark the layers they touch, and return the change of the cost of repairs."""
    for layer in range(len(tools.touched)):
        tools.touched[layer] = every_layer
    for place in range(first, last + 1):
        k = order.row[place]
        if k >= 0:
            step = step_of_place(work, place)
            if order.step[k] != step:
                order.step[k] = step
                for layer in range(len(tools.touched)):
                    tools.touched[layer] |= work.touches[k, layer]
    change = 0.0
    for step in range(step_of_place(work, first), min(step_of_place(work, last) + 1, work.horizon)):
        new = work_cost_of(work, tools, order.row, step)
        change += new - order.work_cost[step]
        order.work_cost[step] = new
    return change


@lean
def _know_step(work: Work, tools: Tools, order: Order, step: int) -> float:
    """Work out the cheapest flows of a step of which only a lower bound was taken; return how much more they cost."""
    more = 0.0
    ready = False
    for layer in range(len(tools.touched)):
        if tools.unknown[step, layer]:
            if not ready:
                take_state(work, tools, order.step, step)
                ready = True
            cost = layer_cost(work.net, tools.desk, layer, tools.works, tools.whole)
            remember(tools.memory, layer_word(work.net, layer, tools.works, tools.whole), cost)
            more += cost - order.layer_cost[step, layer]
            order.layer_cost[step, layer] = cost
    return more


@lean
def copy_order(source: Order, target: Order, first: int, last: int, work: Work) -> None:
    """Copy what a change of the places from `first` to `last` can change."""
    for place in range(first, last + 1):
        target.row[place] = source.row[place]
    for k in range(len(source.step)):
        target.step[k] = source.step[k]
    for step in range(step_of_place(work, first), min(step_of_place(work, last) + 1, work.horizon)):
        target.work_cost[step] = source.work_cost[step]
        for layer in range(source.layer_cost.shape[1]):
            target.layer_cost[step, layer] = source.layer_cost[step, layer]


@lean
def swap_blocks(row: Longs, i: int, j: int, length: int) -> None:
    """Exchange two runs of places that do not overlap."""
    for offset in range(length):
        row[i + offset], row[j + offset] = row[j + offset], row[i + offset]


@lean
def move_run(row: Longs, i: int, length: int, to: int) -> None:
    """Take a run of places out and put it in so that it begins at `to`; what lies between moves up."""
    first, last = min(i, to), max(i, to) + length
    cut = first + length if i < to else i
    _reverse(row, first, cut)
    _reverse(row, cut, last)
    _reverse(row, first, last)


@lean
def _reverse(row: Longs, first: int, stop: int) -> None:
    last = stop - 1
    while first < last:
        row[first], row[last] = row[last], row[first]
        first += 1
        last -= 1


@lean
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


@lean
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
    """Anneal an order from temperature `hot` to `cold` (USD); return the cost of the best row met.

    `best`, the order's row at first, receives that row.
    """
    least = cost
    copy_order(order, trial, 0, len(order.row) - 1, work)
    cooling = (cold / hot) ** (1.0 / max(tries, 1))
    heat = hot
    for _ in range(tries):
        heat *= cooling
        first, last = change_at_random(work, trial.row, random)
        if first < 0:
            continue
        luck = (random_below(random, 1 << 30) + 1) / (1 << 30)
        change = look_again(work, tools, trial, first, last, -heat * np.log(luck), False)
        if change < HOPELESS:
            copy_order(trial, order, first, last, work)
            cost += change
            if cost < least - LEAST_CHANGE:
                least = cost
                for place in range(len(best)):
                    best[place] = order.row[place]
        else:
            copy_order(order, trial, first, last, work)
    return least


@lean
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
                for kind in range(3 if j < steps else 1):
                    if not _is_worth_trying(work, trial.row, i, j, kind):
                        continue
                    if kind == 0:
                        swap_blocks(trial.row, i, j, 1)
                    elif kind == 1:
                        move_run(trial.row, i, 1, j)
                    else:
                        move_run(trial.row, j, 1, i)
                    change = look_again(work, tools, trial, i, j, -LEAST_CHANGE, False)
                    if change < HOPELESS:
                        copy_order(trial, order, i, j, work)
                        cost += change
                        improved = True
                    else:
                        copy_order(order, trial, i, j, work)
    return cost


@lean
def _is_worth_trying(work: Work, row: Longs, i: int, j: int, kind: int) -> bool:
    """Return whether exchanging (0), moving up (1) or moving back (2) says anything that another change does not."""
    if kind == 1:
        return row[i] >= 0
    if kind == 2:
        return row[j] >= 0
    if row[i] < 0 and row[j] < 0:
        return False
    # Idle places of a step are all alike: the first stands for them.
    for place in (i, j):
        alike = place > 0 and step_of_place(work, place - 1) == step_of_place(work, place)
        if row[place] < 0 and alike and row[place - 1] < 0:
            return False
    return True
