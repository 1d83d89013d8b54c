"""The compiled cost of a state: cheapest flow per layer by successive shortest paths, remembered by state.

A layer's flow starts with every unit of supply thrown away and every unit of demand missing. Paths from supply to
demand then save their two penalties less the way between them; the best path first, until none saves anything
(successive shortest paths: Ahuja, Magnanti, Orlin 1993, Network Flows, section 9.7). A state is known again by
the exclusive or of random words, one for each node that works and each link that carries (Zobrist 1970).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lifeline.lean import lean

Floats = NDArray[np.float64]
Longs = NDArray[np.int64]
Words = NDArray[np.uint64]
Bytes = NDArray[np.uint8]

LEAST_FLOW = 1e-9
"Units; less than this is rounding."

PLACES_TRIED = 64
"Of a crowded memory, before an entry is given up."

LEAST_GAIN = 1e-6
"USD per unit; a path must save more than rounding."


class Net(NamedTuple):
    """The network as arrays. Nodes and links are grouped by layer; `*_start[layer]` is where a layer begins."""

    node_start: Longs
    link_start: Longs
    balance: Floats
    over: Floats
    under: Floats
    link_u: Longs
    link_v: Longs
    capacity: Floats
    price: Floats
    ways_start: Longs
    way_link: Longs
    way_to: Longs
    needs_start: Longs
    need_node: Longs
    need_gamma: Floats
    node_word: Words
    link_word: Words


class Memory(NamedTuple):
    """An open-addressed table of known layer costs; a key of 0 is an empty place."""

    keys: Words
    costs: Floats


class Desk(NamedTuple):
    """Room to work in: flow per link, what is left at nodes, distances, the way back, a queue, marks."""

    flow: Floats
    left: Floats
    distance: Floats
    through: Longs
    queue: Longs
    queued: Bytes


def new_desk(nodes: int, links: int) -> Desk:
    """Return room for networks of this size."""
    return Desk(
        np.zeros(links),
        np.zeros(nodes),
        np.zeros(nodes),
        np.zeros(nodes, np.int64),
        np.zeros(nodes + 1, np.int64),
        np.zeros(nodes, np.uint8),
    )


def new_memory(bits: int) -> Memory:
    """Return an empty memory of 2**bits places."""
    return Memory(np.zeros(1 << bits, np.uint64), np.zeros(1 << bits))


@lean
def settle(net: Net, works: Bytes) -> None:
    """Take down the nodes whose needs are not met, until all that work are provided for."""
    changed = True
    while changed:
        changed = False
        for node in range(len(works)):
            first, last = net.needs_start[node], net.needs_start[node + 1]
            if works[node] == 0 or first == last:
                continue
            met = 0.0
            for need in range(first, last):
                met += net.need_gamma[need] * works[net.need_node[need]]
            if met < 1.0:
                works[node] = 0
                changed = True


@lean
def layer_word(net: Net, layer: int, works: Bytes, whole: Bytes) -> np.uint64:
    """Return the word by which a layer's state is known; links that end at a node that is down do not matter."""
    word = np.uint64(layer + 1)
    for node in range(net.node_start[layer], net.node_start[layer + 1]):
        if works[node]:
            word ^= net.node_word[node]
    for link in range(net.link_start[layer], net.link_start[layer + 1]):
        if whole[link] and works[net.link_u[link]] and works[net.link_v[link]]:
            word ^= net.link_word[link]
    return word


@lean
def recall(memory: Memory, word: np.uint64) -> float:
    """Return the cost known for a word, -1 when there is none."""
    places = np.uint64(len(memory.keys) - 1)
    place = np.int64(word & places)
    for _ in range(PLACES_TRIED):
        if memory.keys[place] == word:
            return memory.costs[place]
        if memory.keys[place] == 0:
            break
        place = np.int64(np.uint64(place + 1) & places)
    return -1.0


@lean
def remember(memory: Memory, word: np.uint64, cost: float) -> None:
    """Keep the cost of a word; where all places are taken it replaces another, which can be worked out again."""
    places = np.uint64(len(memory.keys) - 1)
    place = np.int64(word & places)
    for _ in range(PLACES_TRIED - 1):
        if memory.keys[place] == 0 or memory.keys[place] == word:
            break
        place = np.int64(np.uint64(place + 1) & places)
    memory.keys[place] = word
    memory.costs[place] = cost


@lean
def least_layer_cost(net: Net, desk: Desk, layer: int, works: Bytes, whole: Bytes) -> float:
    """Return a cost that the layer's cheapest flow is not below: what each joined part has too much or too little.

    Links carry anything for nothing here, so that only the sum of balances within a part counts, at the lowest
    of the part's penalties.
    """
    first, last = net.node_start[layer], net.node_start[layer + 1]
    queue, seen = desk.queue, desk.queued
    cost = 0.0
    for node in range(first, last):
        seen[node] = 0
    for start in range(first, last):
        balance = net.balance[start]
        if works[start] == 0:
            cost += balance * net.over[start] if balance > 0 else -balance * net.under[start]
            continue
        if seen[start]:
            continue
        over, under, total = np.inf, np.inf, 0.0
        seen[start] = 1
        queue[0] = start
        count = 1
        while count:
            count -= 1
            node = queue[count]
            total += net.balance[node]
            over, under = min(over, net.over[node]), min(under, net.under[node])
            for way in range(net.ways_start[node], net.ways_start[node + 1]):
                other = net.way_to[way]
                if whole[net.way_link[way]] and works[other] and not seen[other]:
                    seen[other] = 1
                    queue[count] = other
                    count += 1
        cost += total * over if total > 0 else -total * under
    for node in range(first, last):
        seen[node] = 0
    return cost


@lean
def layer_cost(net: Net, desk: Desk, layer: int, works: Bytes, whole: Bytes) -> float:
    """Return USD per step of a layer's cheapest flow: moving it, units too much, units missing."""
    first, last = net.node_start[layer], net.node_start[layer + 1]
    cost = 0.0
    for node in range(first, last):
        balance = net.balance[node]
        desk.left[node] = balance if works[node] else 0.0
        cost += balance * net.over[node] if balance > 0 else -balance * net.under[node]
    for link in range(net.link_start[layer], net.link_start[layer + 1]):
        desk.flow[link] = 0.0
    while True:
        end = _find_best_path(net, desk, first, last, works, whole)
        if end < 0:
            return cost
        cost += _send_along_path(net, desk, end)


@lean
def _find_best_path(net: Net, desk: Desk, first: int, last: int, works: Bytes, whole: Bytes) -> int:
    """Find the path that saves most, from unused supply to unmet demand; return its end, or -1 (Bellman-Ford)."""
    distance, through, queue, queued = desk.distance, desk.through, desk.queue, desk.queued
    room = len(queue)
    head = tail = 0
    for node in range(first, last):
        distance[node] = np.inf
        through[node] = -1
        queued[node] = 0
        if works[node]:
            # A unit may also be made up at any node, for the price of a missing one.
            distance[node] = -net.over[node] if desk.left[node] > LEAST_FLOW else net.under[node]
            queue[tail] = node
            tail = (tail + 1) % room
            queued[node] = 1
    while head != tail:
        node = queue[head]
        head = (head + 1) % room
        queued[node] = 0
        here = distance[node]
        for way in range(net.ways_start[node], net.ways_start[node + 1]):
            link, other = net.way_link[way], net.way_to[way]
            if not (whole[link] and works[other]):
                continue
            flow = desk.flow[link] if net.link_u[link] == node else -desk.flow[link]
            if flow >= net.capacity[link] - LEAST_FLOW:
                continue
            price = -net.price[link] if flow < -LEAST_FLOW else net.price[link]
            if here + price < distance[other] - LEAST_GAIN:
                distance[other] = here + price
                through[other] = way
                if not queued[other]:
                    queued[other] = 1
                    queue[tail] = other
                    tail = (tail + 1) % room
    best, end = -LEAST_GAIN, -1
    for node in range(first, last):
        if works[node]:
            total = distance[node] + (-net.under[node] if desk.left[node] < -LEAST_FLOW else net.over[node])
            if total < best:
                best, end = total, node
    return end


@lean
def _send_along_path(net: Net, desk: Desk, end: int) -> float:
    """Send as much as fits along the path found to its end; return what that changes the cost by."""
    amount = -desk.left[end] if desk.left[end] < -LEAST_FLOW else np.inf
    node = end
    while desk.through[node] >= 0:
        way = desk.through[node]
        link = net.way_link[way]
        forth = net.link_v[link] == node
        flow = desk.flow[link] if forth else -desk.flow[link]
        amount = min(amount, -flow if flow < -LEAST_FLOW else net.capacity[link] - flow)
        node = net.link_u[link] if forth else net.link_v[link]
    start = node
    if desk.left[start] > LEAST_FLOW:
        amount = min(amount, desk.left[start])
        desk.left[start] -= amount
    saved = desk.distance[end] + (-net.under[end] if desk.left[end] < -LEAST_FLOW else net.over[end])
    if desk.left[end] < -LEAST_FLOW:
        desk.left[end] += amount
    node = end
    while desk.through[node] >= 0:
        link = net.way_link[desk.through[node]]
        forth = net.link_v[link] == node
        desk.flow[link] += amount if forth else -amount
        node = net.link_u[link] if forth else net.link_v[link]
    return amount * saved
