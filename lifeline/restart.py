"""Loops of parts that wait for each other to start again, and the black starts that break them.

A loop is looked for after every repair, with all buffers run out: each dark part is followed to the one it waits for, a
provider or the neighbour that fed it, until a part comes round again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lifeline.compiled import Ints, feeding_nodes

if TYPE_CHECKING:
    from lifeline.cascade import Cascade

Mask = NDArray[np.bool_]

MOST_TRIALS = 1000
MOST_TRIED_PARTS = 3_000_000
"How many black starts are tried out to name those that count: fewer where the city is large."

_MOST_NAMED = 3


class Wait(NamedTuple):
    """A dark node of a loop, and whether it waits for a provider or only for the neighbour that feeds it."""

    node: int
    for_provider: bool


Loop = tuple[Wait, ...]


@dataclass(frozen=True)
class RestartLoop:
    """Parts each of which waits for the next one, and the last one for the first.

    `names` calls each member by sector, kind and id; `needing` are those that wait for a provider, the others wait
    for the neighbour that feeds them. `resolved` says whether black starts bring the loop back, `broken_by` which: all
    of them are needed, and none are named where finding them would take too many trials. `would_break` are members of
    a loop that stays dark, each of which alone would break it if it could black start.
    """

    members: tuple[str, ...]
    names: tuple[str, ...]
    needing: tuple[str, ...]
    resolved: bool
    broken_by: tuple[str, ...] = ()
    would_break: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """Return who waits for whom and what breaks the loop, as one sentence."""
        return f"{self._waiting}{self._by_way_of}; {self._ending}."

    @property
    def _waiting(self) -> str:
        name = dict(zip(self.members, self.names, strict=True))
        first, *others = self.needing
        if not others:
            return f"{name[first]} waits for itself"
        if len(others) == 1:
            return f"{name[first]} and {name[others[0]]} wait for each other"
        waits = [f"{name[first]} waits for {name[others[0]]}"]
        waits += [f"{one} for {name[other]}" for one, other in pairwise(others)]
        return ", ".join((*waits, f"{others[-1]} for {first}"))

    @property
    def _by_way_of(self) -> str:
        carriers = [
            name for member, name in zip(self.members, self.names, strict=True) if member not in self.needing
        ]
        if not carriers:
            return ""
        more = f" and {len(carriers) - 1} more" if len(carriers) > 1 else ""
        return f", by way of {carriers[0]}{more}"

    @property
    def _ending(self) -> str:
        if len(self.broken_by) == 1:
            return f"black start at {self.broken_by[0]} breaks the loop"
        if self.broken_by:
            return f"black starts at {' and '.join(self.broken_by)} together break the loop"
        if self.resolved:
            return "black starts break the loop"
        if self.would_break:
            would = " or ".join(self.would_break[:_MOST_NAMED])
            return f"nothing breaks the loop, a black start at {would} would"
        return "nothing breaks the loop"


def restart_loops(cascade: Cascade) -> tuple[RestartLoop, ...]:
    """Return the loops that keep parts dark after every repair, then those that black starts break."""
    trials = _Trials(cascade)
    found = [
        _with_what_would_break(trials, loop, _named(cascade, loop, resolved=False))
        for loop in dark_loops(cascade, cascade.restorable)
    ]
    if len(trials.black_start):
        without = restored_by(cascade, [])
        found += [
            _with_what_breaks(trials, loop, without, _named(cascade, loop, resolved=True))
            for loop in dark_loops(cascade, without)
            if cascade.restorable[_nodes(loop)].all()
        ]
    return tuple(found)


def dark_nodes(cascade: Cascade, restored: Mask) -> list[int]:
    """Return the nodes that worked before the shock and are not restored."""
    count = cascade.compiled.node_count
    dark: list[int] = np.flatnonzero(cascade.works_before[:count].astype(bool) & ~restored[:count]).tolist()
    return dark


def dark_loops(cascade: Cascade, restored: Mask) -> tuple[Loop, ...]:
    """Return the loops among the nodes that worked before the shock and are not restored, each from its first id on."""
    dark = dark_nodes(cascade, restored)
    if not dark:
        return ()
    fed_by = feeding_nodes(cascade.compiled.network, cascade.compiled.before)
    waits = {node: _waits_for(cascade, node, restored, fed_by) for node in dark}
    loops: set[Loop] = set()
    finished: set[int] = set()
    for start in waits:
        path: dict[int, int] = {}
        node = start
        # Under rules that count flow a part may stay dark for want of supply, and waits for nobody who is dark.
        while node in waits and node not in finished and node not in path:
            path[node] = len(path)
            node = waits[node][0]
        if node in path:
            loop = list(path)[path[node] :]
            turn = loop.index(min(loop))
            loops.add(tuple(Wait(one, waits[one][1]) for one in (*loop[turn:], *loop[:turn])))
        finished.update(path)
    return tuple(sorted(loops))


def restored_by(cascade: Cascade, black_start: Sequence[int]) -> Mask:
    """Return which nodes work after every repair if only these can black start, with all buffers run out."""
    network = cascade.compiled.network
    can = np.zeros_like(network.black_start)
    can[np.array(black_start, np.int32)] = 1
    nodes = np.flatnonzero(can).astype(np.int32)
    return cascade.restored_with(network._replace(black_start=can, black_start_nodes=nodes))


def _waits_for(cascade: Cascade, node: int, restored: Mask, fed_by: Ints) -> tuple[int, bool]:
    """Return the part a dark node waits for, and whether that is a provider (of a group all dark) or its feed."""
    network = cascade.compiled.network
    for group in range(network.group_start[node], network.group_start[node + 1]):
        providers = network.provider_node[network.provider_start[group] : network.provider_start[group + 1]]
        if restored[providers].any():
            continue
        served_before = providers[cascade.works_before[providers] > 0]
        if len(served_before):
            return int(served_before[0]), True
    return int(fed_by[node]), False


def _nodes(loop: Loop) -> list[int]:
    return [wait.node for wait in loop]


def _named(cascade: Cascade, loop: Loop, *, resolved: bool) -> RestartLoop:
    rows = cascade.system.nodes.iloc[_nodes(loop)]
    members = tuple(rows["id"])
    names = tuple(_name(*columns) for columns in zip(rows["id"], rows["sector"], rows["kind"], strict=True))
    needing = tuple(member for member, wait in zip(members, loop, strict=True) if wait.for_provider)
    return RestartLoop(members, names, needing, resolved)


def _name(node: str, sector: str, kind: str) -> str:
    """Call a node by what it is: `gas compressor G3`, `water treatment plant W1`, `power node P2`."""
    what = kind or "node"
    return f"{what} {node}" if sector in what.casefold().split() else f"{sector} {what} {node}"


class _Trials:
    """Tries out what brings a loop back when other nodes can black start, as often as the city's size allows."""

    def __init__(self, cascade: Cascade) -> None:
        self.cascade = cascade
        self.black_start = cascade.compiled.network.black_start_nodes
        parts = max(cascade.compiled.node_count + len(cascade.compiled.link_ids), 1)
        self.left = max(1, min(MOST_TRIALS, MOST_TRIED_PARTS // parts))

    def brings_back(self, loop: Loop, black_start: Sequence[int]) -> bool:
        """Tell whether these black starts alone bring the whole loop back; nothing does once the trials are used up."""
        if not self.left:
            return False
        self.left -= 1
        return bool(restored_by(self.cascade, black_start)[_nodes(loop)].all())

    def ids(self, nodes: Sequence[int]) -> tuple[str, ...]:
        return tuple(str(self.cascade.compiled.node_ids[node]) for node in nodes)


def _with_what_would_break(trials: _Trials, loop: Loop, found: RestartLoop) -> RestartLoop:
    there = trials.black_start.tolist()
    needing = [wait.node for wait in loop if wait.for_provider]
    would = [node for node in needing if trials.brings_back(loop, [*there, node])]
    return replace(found, would_break=trials.ids(would))


def _with_what_breaks(trials: _Trials, loop: Loop, without: Mask, found: RestartLoop) -> RestartLoop:
    """Name one black start that is enough, members of the loop first, or else a set none of which can be spared."""
    helped = trials.cascade.restorable & ~without
    able = [node for node in trials.black_start.tolist() if helped[node]]
    able.sort(key=lambda node: (node not in _nodes(loop), node))
    for node in able:
        if trials.brings_back(loop, [node]):
            return replace(found, broken_by=trials.ids([node]))
    needed = list(able)
    for node in reversed(able):
        others = [other for other in needed if other != node]
        if trials.brings_back(loop, others):
            needed = others
    # A set that was not tried as it stands may be larger than it has to be, so it is not named.
    return replace(found, broken_by=trials.ids(sorted(needed))) if trials.left else found
