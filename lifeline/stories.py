"""The story of a node: from which minutes on it works, or does not; and of groups of nodes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from lifeline.compiled import Longs

if TYPE_CHECKING:
    from lifeline.cascade import Cascade

Story = list[tuple[int, bool]]
"(minute, whether it works from then on), the first at minute 0, each different from the one before."


def enough_of(cascade: Cascade) -> Longs:
    """Return for each node the level from which on it works."""
    enough = np.ones(len(cascade.levels_before), np.int64)
    if cascade.system.settings.is_plain:
        return enough
    return np.maximum(cascade.system.service.coupled.sectors.enough, 1)


def stories_of(cascade: Cascade, levels: Longs) -> Callable[[int], Story]:
    """Return what tells for a node when it works, by levels (minute, node, level, visit) in order of time."""
    enough = enough_of(cascade)

    def story(node: int) -> Story:
        mine = levels[levels[:, 1] == node]
        before = [(0, bool(cascade.levels_before[node] >= enough[node]))]
        changes = zip(mine[:, 0].tolist(), (mine[:, 2] >= enough[node]).tolist(), strict=True)
        return _short([*before, *changes])

    return story


def _short(changes: Sequence[tuple[int, bool]]) -> Story:
    """Keep of several changes in one minute the last, and no change that changes nothing."""
    last = dict(changes)
    kept: Story = []
    for minute, works in sorted(last.items()):
        if not kept or kept[-1][1] != works:
            kept.append((minute, works))
    return kept


def joined(stories: Sequence[Story], how: Callable[[Sequence[bool]], bool]) -> Story:
    """Return the story of several nodes: `any` of them works, or `all` do."""
    minutes = sorted({minute for story in stories for minute, _ in story})
    return _short([(minute, how([at(story, minute) for story in stories])) for minute in minutes])


def at(story: Story, minute: int) -> bool:
    """Tell whether it works at a minute."""
    return [works for since, works in story if since <= minute][-1]


def minutes_off(story: Story, until: int) -> int:
    """Return for how many minutes before `until` it does not work."""
    ends = [minute for minute, _ in story[1:]] + [until]
    return sum(
        max(0, min(end, until) - minute)
        for (minute, works), end in zip(story, ends, strict=True)
        if not works
    )
