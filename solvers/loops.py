"""Loops of points that lead to each other: the strongly connected parts of a graph (Tarjan 1972)."""

from __future__ import annotations

from collections.abc import Sequence


def loops_of(count: int, tails: Sequence[int], heads: Sequence[int]) -> list[int]:
    """Return the number of the loop that each of `count` points belongs to; one that is in none has its own number."""
    follows: list[list[int]] = [[] for _ in range(count)]
    for tail, head in zip(tails, heads, strict=True):
        follows[tail].append(head)
    loop, seen, lowest = [-1] * count, [-1] * count, [0] * count
    open_points: list[int] = []
    loops = found = 0
    for first in range(count):
        path = [] if seen[first] >= 0 else [(first, 0)]
        while path:
            point, branch = path.pop()
            if branch == 0:
                seen[point] = lowest[point] = found
                found += 1
                open_points.append(point)
            elif loop[follows[point][branch - 1]] < 0:
                lowest[point] = min(lowest[point], lowest[follows[point][branch - 1]])
            if branch < len(follows[point]):
                path.append((point, branch + 1))
                if seen[follows[point][branch]] < 0:
                    path.append((follows[point][branch], 0))
            elif lowest[point] == seen[point]:
                while loop[point] < 0:
                    loop[open_points.pop()] = loops
                loops += 1
    return loop
