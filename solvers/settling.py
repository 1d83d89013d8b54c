"""Events whose minute no plan can change: they leave the graph, and what they cost is a constant.

An event that comes as it opens when nothing at all is repaired always does. One that has not come when it closes
though each job is done at the earliest minute any crew could have it done never does in its span.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import inf

from solvers.needs import NOTHING, Event, Need, Needs


def settled(needs: Needs, earliest: Sequence[int]) -> Needs:
    """Return the needs without the events that are settled; `earliest` is by job."""
    events = _without_idle_hopes(needs.events, earliest)
    taken_over = {event.before for event in events}
    always = [
        comes <= event.opens and number not in taken_over
        for number, (event, comes) in enumerate(
            zip(events, _comes(events, [inf] * len(earliest), False), strict=True)
        )
    ]
    never = [
        comes > event.closes
        for event, comes in zip(events, _comes(events, list(earliest), True), strict=True)
    ]
    stays = [number for number in range(len(events)) if not always[number] and not never[number]]
    renumbered = {old: new for new, old in enumerate(stays)} | {NOTHING: NOTHING}
    kept = []
    for event in map(events.__getitem__, stays):
        open_needs = (_still_open(need, always, never) for need in event.needs)
        moved = tuple(
            replace(need, ways=tuple((renumbered[other], job) for other, job in need.ways))
            for need in open_needs
            if (NOTHING, NOTHING) not in need.ways
        )
        kept.append(replace(event, needs=moved, before=renumbered.get(event.before, NOTHING)))
    lost = sum(
        event.weight * (event.closes - event.opens)
        for event, is_lost in zip(events, never, strict=True)
        if is_lost
    )
    return replace(needs, events=tuple(kept), fixed_cost=needs.fixed_cost + lost)


def _without_idle_hopes(events: tuple[Event, ...], earliest: Sequence[int]) -> tuple[Event, ...]:
    """Return the events without the takeovers for which, as one opens, not even hope meets all its needs."""
    while True:
        comes = _comes(events, list(earliest), True)
        hopeless = {
            number
            for number, event in enumerate(events)
            if event.before != NOTHING
            and (
                comes[event.before] > event.opens
                or any(_met(need, comes, earliest) > event.opens for need in event.needs)
            )
        }
        if not hopeless:
            return events
        events = tuple(
            replace(event, before=NOTHING) if number in hopeless else event
            for number, event in enumerate(events)
        )


def _still_open(need: Need, always: Sequence[bool], never: Sequence[bool]) -> Need:
    ways = [
        (NOTHING if other != NOTHING and always[other] else other, job)
        for other, job in need.ways
        if other == NOTHING or not never[other]
    ]
    return replace(need, ways=tuple(sorted(set(ways))))


def _comes(events: Sequence[Event], done: Sequence[float], hopeful: bool) -> list[float]:
    """Return a limit on when each event comes, jobs being done at these minutes; inf for never.

    Hopeful, it is no later than in truth: providers that an event could bring back itself are not asked for, and
    an event takes over from the one before whenever that one has come. Otherwise it is no earlier.
    """
    comes = [inf] * len(events)
    changed = True
    while changed:
        changed = False
        for number, event in enumerate(events):
            minute = _minute(event, comes, done, hopeful)
            if hopeful and event.before != NOTHING and comes[event.before] <= event.opens:
                minute = event.opens
            if minute < comes[number]:
                comes[number], changed = minute, True
    return comes


def _minute(event: Event, comes: Sequence[float], done: Sequence[float], hopeful: bool) -> float:
    asked = (need for need in event.needs if need.is_feed or not (hopeful and event.starts_alone))
    own = 0 if event.job == NOTHING else done[event.job]
    return max(event.opens, own, *(_met(need, comes, done) for need in asked))


def _met(need: Need, comes: Sequence[float], done: Sequence[float]) -> float:
    return min(
        (
            max(0 if other == NOTHING else comes[other], 0 if job == NOTHING else done[job])
            for other, job in need.ways
        ),
        default=inf,
    )
