"""Fewer events that say the same: what no cost waits for is left out, what comes on together becomes one.

Four laws, each exact. An event that neither costs anything nor is on a way to one that does is dropped. Events
of one span that are fed by each other without any repair, and wait for nothing else, come together. An event
that has one need with one way and no job comes with the event on that way. Events that wait for the very same
come together.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace

from solvers.loops import loops_of
from solvers.needs import NOTHING, Event, Need, Needs, Way


def folded(needs: Needs) -> Needs:
    """Return the same needs with fewer events."""
    events = needs.events
    while True:
        fewer = _kept(_joined(events, _same_as(events)))
        if len(fewer) == len(events):
            return replace(needs, events=fewer)
        events = fewer


def _is_plain(event: Event) -> bool:
    """Tell whether an event waits for a feed and nothing else."""
    return _waits_for_one(event) and event.needs[0].is_feed


def _waits_for_one(event: Event) -> bool:
    has_a_way_of_its_own = event.job != NOTHING or event.before != NOTHING or event.starts_alone
    return not has_a_way_of_its_own and len(event.needs) == 1


def _same_as(events: tuple[Event, ...]) -> list[int]:
    """Return for each event the one that stands for it, itself if none does."""
    free_ways: dict[int, list[int]] = defaultdict(list)
    for number, event in enumerate(events):
        if _waits_for_one(event):
            for other, job in event.needs[0].ways:
                if job == NOTHING and other != NOTHING and _same_span(event, events[other]):
                    free_ways[number].append(other)
    stands = list(range(len(events)))
    for loop in _plain_loops(events, free_ways):
        for number in loop:
            stands[number] = min(loop)
    alike: dict[Event, int] = {}
    for number, event in enumerate(events):
        if stands[number] != number:
            continue
        if _waits_for_one(event) and len(event.needs[0].ways) == 1 and free_ways[number]:
            if _end(stands, free_ways[number][0]) != number:
                stands[number] = free_ways[number][0]
        elif event.before == NOTHING:
            stands[number] = alike.setdefault(replace(event, weight=0), number)
    return [_end(stands, number) for number in range(len(events))]


def _same_span(event: Event, other: Event) -> bool:
    return (event.opens, event.closes) == (other.opens, other.closes)


def _end(stands: list[int], number: int) -> int:
    while stands[number] != number:
        number = stands[number]
    return number


def _plain_loops(events: tuple[Event, ...], free_ways: dict[int, list[int]]) -> list[list[int]]:
    """Return the sets of plain events in which each brings on each other."""
    plain = {number for number in free_ways if _is_plain(events[number])}
    pairs = [(a, b) for a in sorted(plain) for b in free_ways[a] if b in plain]
    if not pairs:
        return []
    heads, tails = zip(*pairs, strict=True)
    labels = loops_of(len(events), tails, heads)
    loops: dict[int, list[int]] = defaultdict(list)
    for number, label in enumerate(labels):
        loops[label].append(number)
    return [loop for loop in loops.values() if len(loop) > 1]


def _joined(events: tuple[Event, ...], stands: list[int]) -> dict[int, Event]:
    """Return the events that stand for others or themselves, by number, with the weight of those they stand for."""
    members: dict[int, list[int]] = defaultdict(list)
    for number, stand in enumerate(stands):
        members[stand].append(number)
    joined: dict[int, Event] = {}
    for stand, group in members.items():
        weight = sum(events[number].weight for number in group)
        leader = events[stand]
        if _is_plain(leader):
            plain = [events[number] for number in group if _is_plain(events[number])]
            ways = [way for event in plain for way in event.needs[0].ways]
            needs: tuple[Need, ...] = (Need(_moved(ways, stands, stand), is_feed=True),)
        else:
            needs = tuple(_need_moved(leader, need, stands, stand) for need in leader.needs)
        before = leader.before if leader.before == NOTHING else stands[leader.before]
        joined[stand] = replace(leader, weight=weight, needs=needs, before=before)
    return joined


def _need_moved(event: Event, need: Need, stands: list[int], number: int) -> Need:
    by_itself = not need.is_feed and (event.starts_alone or event.before != NOTHING)
    return replace(need, ways=_moved(need.ways, stands, NOTHING if by_itself else number))


def _moved(ways: Iterable[Way], stands: list[int], itself: int) -> tuple[Way, ...]:
    """Return ways with every event replaced by the one that stands for it, without those from itself."""
    moved = {(NOTHING if other == NOTHING else stands[other], job) for other, job in ways}
    return tuple(sorted(way for way in moved if way[0] == NOTHING or way[0] != itself))


def _kept(events: dict[int, Event]) -> tuple[Event, ...]:
    """Return the events that matter to some cost, numbered anew."""
    wanted = {number for number, event in events.items() if event.weight}
    queue = sorted(wanted)
    while queue:
        event = events[queue.pop()]
        behind = {other for need in event.needs for other, _ in need.ways} | {event.before}
        for other in sorted(behind - wanted - {NOTHING}):
            wanted.add(other)
            queue.append(other)
    number = {old: new for new, old in enumerate(sorted(wanted))} | {NOTHING: NOTHING}
    kept = []
    for old in sorted(wanted):
        event = events[old]
        needs = tuple(
            replace(need, ways=tuple(sorted({(number[other], job) for other, job in need.ways})))
            for need in event.needs
        )
        kept.append(replace(event, needs=needs, before=number[event.before]))
    return tuple(kept)
