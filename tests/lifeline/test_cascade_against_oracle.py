"""The compiled cascade against the slow oracle, on thousands of small random cities."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from itertools import chain
from random import Random

import oracle
import pytest
from hypothesis import given, settings
from oracle_city import City, worlds_of
from random_worlds import Features, Story, random_story, stories, union

from lifeline.cascade import Cascade, propagate
from lifeline.shock import Shock
from lifeline.system import System

FEATURES = {
    "everything": Features(),
    "no buffers": Features(buffers=False),
    "no loops": Features(cycles=False, black_start=False),
    "tiny": Features(most_nodes=5),
}


@dataclass
class Fall:
    """Who goes dark in one world: at minute 0, later, in which waves, and whom no repair brings back."""

    at_once: set[str] = field(default_factory=set)
    later: set[str] = field(default_factory=set)
    waves: list[tuple[int, list[str]]] = field(default_factory=list)
    stuck: set[str] = field(default_factory=set)


def fall_by_the_rule(city: City, damaged: Collection[str]) -> tuple[Fall, Counter[str], Counter[str]]:
    """Return what the oracle says, with the persons without each service at minute 0 and in the end."""
    clock = oracle.Clock(city, damaged, finished={})
    after = clock.state.working
    while (minute := clock.next_event()) is not None:
        clock.move_to(minute)
    in_the_end = clock.state.working
    waves = [(minute, sorted(wave)) for minute, series in clock.waves for wave in series if wave]
    stuck = clock.before - oracle.restored_state(city, damaged)
    fall = Fall(clock.before - after, after - in_the_end, waves, stuck)
    return fall, people_without(city, clock.before, after), people_without(city, clock.before, in_the_end)


def people_without(city: City, before: set[str], working: set[str]) -> Counter[str]:
    persons: Counter[str] = Counter()
    for portion in city.portions:
        if portion.is_served(before) and not portion.is_served(working):
            persons[portion.service] += portion.persons
    return persons


def falls_by_lifeline(cascade: Cascade, worlds: int) -> list[Fall]:
    """Take a cascade over worlds that stand side by side apart again."""
    falls = [Fall() for _ in range(worlds)]
    for node in cascade.without_service:
        falls[world_of(node)].at_once.add(node)
    for node in cascade.without_service_later:
        falls[world_of(node)].later.add(node)
    for node in cascade.stuck:
        falls[world_of(node)].stuck.add(node)
    nodes = set(cascade.system.nodes["id"])
    rows = cascade.waves[["minute", "wave", "component"]].itertuples(index=False)
    number = -1
    last: list[tuple[int, int]] = [(-1, -1)] * worlds
    for minute, wave, component in sorted(tuple(row) for row in rows if row.component in nodes):
        number = world_of(component)
        if last[number] != (minute, wave):
            falls[number].waves.append((minute, []))
            last[number] = (minute, wave)
        falls[number].waves[-1][1].append(component)
    return falls


def world_of(component: str) -> int:
    return int(component.partition(":")[0])


def assert_the_rule_is_kept(told: Iterable[Story]) -> None:
    """Break all cities at once, side by side, and hold the cascade of each against the oracle."""
    worlds = list(told)
    system = System.from_tables(union([story.tables for story in worlds]))
    damaged = [[f"{number}:{part}" for part in story.damaged] for number, story in enumerate(worlds)]
    cascade = propagate(system, Shock.of(system, chain.from_iterable(damaged)))
    falls = falls_by_lifeline(cascade, len(worlds))
    now: Counter[str] = Counter()
    in_the_end: Counter[str] = Counter()
    for number, city in enumerate(worlds_of(system)):
        expected, persons_now, persons_in_the_end = fall_by_the_rule(city, damaged[number])
        assert falls[number] == expected, worlds[number]
        now += persons_now
        in_the_end += persons_in_the_end
    assert +Counter(cascade.people_without) == now
    assert +Counter(cascade.people_without_later) == in_the_end


@given(stories())
@settings(max_examples=80, deadline=None)
def test_a_cascade_is_what_the_rule_says(story: Story) -> None:
    assert_the_rule_is_kept([story])


@pytest.mark.parametrize("features", FEATURES.values(), ids=list(FEATURES))
def test_a_thousand_cities_fall_as_the_rule_says(features: Features) -> None:
    rng = Random(f"{features}")
    assert_the_rule_is_kept(random_story(rng, features) for _ in range(1000))


def test_the_random_cities_hold_what_the_rule_is_about() -> None:
    """A comparison proves little if nothing happens; these shares keep the generator honest."""
    rng = Random(3)
    told = [random_story(rng) for _ in range(200)]
    seen: Counter[str] = Counter()
    for city, story in zip(worlds_of(System.from_tables(union([s.tables for s in told]))), told, strict=True):
        damaged = [f"{min(city.sector).partition(':')[0]}:{part}" for part in story.damaged]
        finished = {f"{damaged[0].partition(':')[0]}:{part}": end for part, end in story.finished.items()}
        replayed = oracle.replay(city, damaged, finished, story.horizon)
        seen["something follows"] += len(replayed.waves[0][1]) > 1
        seen["it goes on"] += len(replayed.waves[0][1]) > 2
        seen["a buffer runs out"] += len(replayed.waves) > 1
        seen["on again"] += any(len(history) > 2 for history in replayed.node_history.values())
        seen["stuck"] += bool(replayed.stuck)
        seen["people wait"] += replayed.objective > 0
    least = {"something follows": 100, "it goes on": 30, "a buffer runs out": 30, "on again": 15}
    least |= {"stuck": 25, "people wait": 90}
    assert {name: count for name, count in least.items() if seen[name] < count} == {}
