"""The rule of service worked out slowly and plainly, so that the fast code has something to agree with.

It is written from the text of the rule alone and shares no code with `lifeline`: sets, dictionaries, one
networkx graph built anew for every question, and no early exits. A reader should be able to hold each
function against one sentence of the rule. Only `best_plan_objective` calls lifeline, for the times of a plan.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, permutations
from typing import TYPE_CHECKING

import networkx as nx
from oracle_city import City, Group, Portion

if TYPE_CHECKING:
    from lifeline.repair import RepairProblem
    from lifeline.system import System

SUPPLY = ("the supply that starts at every source",)  # a node of its own, equal to no id


# Who works --------------------------------------------------------------------------------------------------


@dataclass
class State:
    """What is true at one instant. `empty` holds the groups that have no buffer left to live on."""

    working: set[str]
    broken: set[str]
    empty: set[Group]

    def holds(self, group: Group) -> bool:
        return bool(group.providers & self.working) or group not in self.empty


def may_work(city: City, state: State, assumed: Collection[str] = ()) -> set[str]:
    """R(X) for X = `state.working`; the dependency groups of the nodes in `assumed` count as satisfied."""
    supply: nx.DiGraph[Hashable] = nx.DiGraph()
    supply.add_edges_from((SUPPLY, source) for source in sorted(city.sources & state.working))
    supply.add_edges_from(
        (tail, head) for tail, head, link in city.edges if tail in state.working and link not in state.broken
    )
    reached = nx.descendants(supply, SUPPLY) if SUPPLY in supply else set()
    return {
        node
        for node in city.sector
        if node not in state.broken
        and (node in city.sources or node in reached)
        and (node in assumed or all(map(state.holds, city.groups[node])))
    }


def fall(city: City, state: State) -> list[set[str]]:
    """Switch off, wave by wave, every node that breaks the rule; return the waves."""
    waves = []
    while leaving := state.working - may_work(city, state):
        state.working = state.working - leaving
        waves.append(leaving)
    return waves


def grow(city: City, state: State) -> None:
    """Switch on every node that may work, until there are no more, and then the largest black start."""
    state.working = grown(city, state)
    starters = (city.black_start - state.broken) - state.working
    while True:
        trial = State(grown(city, state, assumed=starters), state.broken, state.empty)
        sustained = {node for node in starters if all(map(trial.holds, city.groups[node]))}
        if sustained == starters:
            break
        starters = sustained
    state.working = trial.working


def grown(city: City, state: State, assumed: Collection[str] = ()) -> set[str]:
    wider = State(set(state.working), state.broken, state.empty)
    while joining := may_work(city, wider, assumed) - wider.working:
        wider.working |= joining
    return wider.working


def _baseline(city: City) -> set[str]:
    everything = State(set(city.sector), broken=set(city.standby), empty=city.all_groups)
    fall(city, everything)
    return everything.working


def working_before(system: System | City) -> set[str]:
    """Return the nodes that work in the undamaged city."""
    return _baseline(City.of(system))


def restored_state(system: System | City, damaged: Collection[str]) -> set[str]:
    """F: the nodes that work when every buffer ran out at once and then all damage was mended at once.

    Whatever stands by and has a task is brought in with that.
    """
    city = City.of(system)
    state = State(_baseline(city) - set(damaged), set(damaged) | city.standby, empty=city.all_groups)
    fall(city, state)
    state.broken = city.standby - city.brought_in
    grow(city, state)
    return state.working


def stuck(system: System | City, damaged: Collection[str]) -> list[Portion]:
    """Return the portions that were served before and are still dark in F."""
    city = City.of(system)
    before, final = working_before(city), restored_state(city, damaged)
    return [p for p in city.portions if p.is_served(before) and not p.is_served(final)]


# What happens over time -------------------------------------------------------------------------------------


class Clock:
    """A city after a shock, moved from event to event: repairs that finish, buffers that run out."""

    def __init__(self, system: System | City, damaged: Collection[str], finished: Mapping[str, int]) -> None:
        self.city = City.of(system)
        self.finished = dict(finished)
        self.minute = 0
        before = _baseline(self.city)
        unprovided = {group for group in self.city.all_groups if not group.providers & before}
        unbuffered = {group for group in self.city.all_groups if group.buffer_minutes == 0}
        self.drained = dict.fromkeys(self.city.all_groups, 0)
        self.before = before
        wave_0 = before & set(damaged)
        self.state = State(before - wave_0, set(damaged) | self.city.standby, empty=unprovided | unbuffered)
        self.waves: list[tuple[int, list[set[str]]]] = [(0, [wave_0, *fall(self.city, self.state)])]

    def draining(self) -> list[Group]:
        return [
            group
            for group in self.city.all_groups
            if group not in self.state.empty and not group.providers & self.state.working
        ]

    def next_event(self) -> int | None:
        """Return the next minute at which a repair finishes or a buffer runs out, if ever."""
        repairs = [minute for minute in self.finished.values() if minute > self.minute]
        expiries = [self.minute + group.buffer_minutes - self.drained[group] for group in self.draining()]
        return min(repairs + expiries, default=None)

    def move_to(self, minute: int) -> None:
        """Let the buffers drain until `minute`, then settle what happens at that instant."""
        for group in self.draining():
            self.drained[group] += minute - self.minute
        self.minute = minute
        self.state.broken = {
            part for part in self.state.broken if part not in self.finished or self.finished[part] > minute
        }
        while True:
            grow(self.city, self.state)
            due = {group for group in self.draining() if self.drained[group] >= group.buffer_minutes}
            if not due:
                return
            self.state.empty = self.state.empty | due
            if waves := fall(self.city, self.state):
                self.waves.append((minute, waves))


def waves_after(system: System | City, damaged: Collection[str]) -> list[set[str]]:
    """Return who stops at minute 0, wave by wave; wave 0 is the damaged nodes that worked before."""
    return Clock(system, damaged, {}).waves[0][1]


def state_after(system: System | City, damaged: Collection[str], until: int = 0) -> set[str]:
    """Return the nodes that work at minute `until` when nothing is repaired."""
    clock = Clock(system, damaged, {})
    while (minute := clock.next_event()) is not None and minute <= until:
        clock.move_to(minute)
    return clock.state.working


@dataclass(frozen=True)
class ReplayResult:
    """The histories that a set of finished repairs brought, and what they cost."""

    node_history: dict[str, list[tuple[int, bool]]]  # (minute, works from then on), the first at minute 0
    portion_history: dict[Portion, list[tuple[int, bool]]]  # all portions that were served before the shock
    stuck: list[Portion]
    waves: list[tuple[int, list[set[str]]]]
    before: set[str]
    horizon: int

    @property
    def counted(self) -> list[Portion]:
        return [portion for portion in self.portion_history if portion not in self.stuck]

    @property
    def objective(self) -> int:
        """Persons x weight in permille x minutes without, within the horizon."""
        return sum(self.loss(portion) * portion.weight_permille for portion in self.counted)

    @property
    def person_minutes(self) -> int:
        return sum(self.loss(portion) for portion in self.counted)

    def loss(self, portion: Portion) -> int:
        """Return the person-minutes this portion is without its service within the horizon."""
        history = self.portion_history[portion]
        ends = [minute for minute, _ in history[1:]] + [self.horizon]
        return portion.persons * sum(
            max(0, min(end, self.horizon) - start)
            for (start, is_served), end in zip(history, ends, strict=True)
            if not is_served
        )

    def person_minutes_of(self, customer: str, service: str) -> int:
        return sum(self.loss(p) for p in self.counted if (p.customer, p.service) == (customer, service))

    def persons_without(self, portions: Collection[Portion], minute: int) -> int:
        return sum(p.persons for p in portions if not _at(self.portion_history[p], minute))

    def etr(self) -> dict[tuple[str, str], int | None]:
        """Return the minute from which each (customer, service) is full and stays so; None if never."""
        back: dict[tuple[str, str], int | None] = {}
        for portion, history in self.portion_history.items():
            minute, is_served = history[-1]
            of_portion = (0 if len(history) == 1 else minute) if is_served else None
            key = (portion.customer, portion.service)
            known = back.get(key, 0)
            back[key] = None if known is None or of_portion is None else max(known, of_portion)
        return back


def _at(history: Sequence[tuple[int, bool]], minute: int) -> bool:
    return [value for start, value in history if start <= minute][-1]


def replay(
    system: System | City, damaged: Collection[str], finished: Mapping[str, int], horizon: int
) -> ReplayResult:
    """Replay repairs that finish at the given minutes, to the last event even when it is past the horizon."""
    clock = Clock(system, damaged, finished)
    portions = [portion for portion in clock.city.portions if portion.is_served(clock.before)]
    nodes: dict[str, list[tuple[int, bool]]] = {node: [] for node in clock.city.sector}
    served: dict[Portion, list[tuple[int, bool]]] = {portion: [] for portion in portions}
    while True:
        for node, history in nodes.items():
            _note(history, clock.minute, node in clock.state.working)
        for portion, history in served.items():
            _note(history, clock.minute, portion.is_served(clock.state.working))
        minute = clock.next_event()
        if minute is None:
            return ReplayResult(nodes, served, stuck(clock.city, damaged), clock.waves, clock.before, horizon)
        clock.move_to(minute)


def _note(history: list[tuple[int, bool]], minute: int, value: bool) -> None:
    if not history or history[-1][1] != value:
        history.append((minute, value))


# The best of all plans --------------------------------------------------------------------------------------


def best_plan_objective(problem: RepairProblem) -> int:
    """Return the least objective over every way to share out and order up to six jobs among three crews.

    lifeline times each plan; what the plan is worth is replayed here.
    """
    from lifeline.errors import InfeasiblePlan
    from lifeline.schedule import schedule

    jobs = [job.id for job in problem.jobs if job.id not in problem.unassignable]
    damaged = problem.shock.components
    worth: dict[tuple[tuple[str, int], ...], int] = {}
    for sequences in _every_share_out(jobs, [crew.id for crew in problem.crews]):
        try:
            plan = schedule(problem, sequences)
        except InfeasiblePlan:
            continue
        restored = {job.id: job.component for job in problem.jobs if job.restores}
        finished = tuple(
            sorted((restored[visit.job], visit.finish) for visit in plan.visits if visit.job in restored)
        )
        if finished not in worth:
            replayed = replay(problem.system, damaged, dict(finished), problem.horizon_minutes)
            worth[finished] = replayed.objective
    return min(worth.values())


def _every_share_out(jobs: Sequence[str], crews: Sequence[str]) -> Iterator[dict[str, list[str]]]:
    for order in permutations(jobs):
        places = len(jobs) + len(crews) - 1
        for cuts in combinations(range(places), len(crews) - 1):
            ends = [cut - i for i, cut in enumerate(cuts)] + [len(jobs)]
            starts = [0, *ends[:-1]]
            yield {crew: list(order[a:b]) for crew, a, b in zip(crews, starts, ends, strict=True)}
