"""Sets of jobs without any of which an event stays away: what a bound on repair plans lives on."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from itertools import combinations

from solvers.needs import NOTHING, Event, Needs

Blocking = tuple[int, tuple[int, ...]]
"An event, and jobs the first of which cannot be done later than the event comes."

MOST_JOBS_FOR_PAIRS = 60


def blocking_sets(needs: Needs) -> list[Blocking]:
    """Return for each event the single jobs and, with few jobs in all, the pairs of jobs that block it.

    Pairs of which one job blocks alone are left out. Events that bring each other on are given the benefit of
    the doubt, so every set does block.
    """
    jobs = sorted(_jobs(needs))
    sets: list[Blocking] = []
    alone: list[set[int]] = [set() for _ in needs.events]
    for job in jobs:
        for event in _stay_away(needs, {job}):
            alone[event].add(job)
            sets.append((event, (job,)))
    if len(jobs) > MOST_JOBS_FOR_PAIRS:
        return sets
    for pair in combinations(jobs, 2):
        sets += [(event, pair) for event in _stay_away(needs, pair) if alone[event].isdisjoint(pair)]
    return sets


def _jobs(needs: Needs) -> set[int]:
    on_ways = {job for event in needs.events for need in event.needs for _, job in need.ways}
    return (on_ways | {event.job for event in needs.events}) - {NOTHING}


def _stay_away(needs: Needs, missing: Collection[int]) -> Iterator[int]:
    """Yield the events that never come when all jobs are done at once but the missing ones, which never are.

    Span by span, as nodes of earlier spans help those of later ones. Events that may start alone or take over are
    first all let come; those whose needs are not met even then are sent back, until none is.
    """
    came = [False] * len(needs.events)
    by_opening: dict[int, list[int]] = {}
    for number, event in enumerate(needs.events):
        by_opening.setdefault(event.opens, []).append(number)
    for _, numbers in sorted(by_opening.items()):
        helped = [number for number in numbers if _may_come_early(needs.events[number], came)]
        while True:
            for number in numbers:
                came[number] = number in helped
            _grow(needs, numbers, came, missing)
            stays = [number for number in helped if _is_met(needs.events[number], came, missing)]
            if len(stays) == len(helped):
                break
            helped = stays
    for number, has_come in enumerate(came):
        if not has_come:
            yield number


def _may_come_early(event: Event, came: Sequence[bool]) -> bool:
    return event.starts_alone or (event.before != NOTHING and came[event.before])


def _grow(needs: Needs, numbers: Sequence[int], came: list[bool], missing: Collection[int]) -> None:
    more = True
    while more:
        more = False
        for number in numbers:
            if not came[number] and _is_met(needs.events[number], came, missing):
                came[number] = more = True


def _is_met(event: Event, came: Sequence[bool], missing: Collection[int]) -> bool:
    if event.job in missing:
        return False
    return all(
        any((other == NOTHING or came[other]) and job not in missing for other, job in need.ways)
        for need in event.needs
    )
