"""A whole incident from the shock to the end of the plan, as change events: what a page needs to go through time alone.

Everything runs in a child: JSON in, JSON out. `timeline_answers.py` says what each figure means. At every minute it
says what `picture.py` says of that minute.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, get_args

from api.incidents.picture import promised, state_of
from api.incidents.picture_answers import State
from api.incidents.problem_now import Situation, situation_of
from api.incidents.timeline_people import facilities_over, people_over
from api.incidents.undoable_now import undoable_rows

if TYPE_CHECKING:
    from api.access.sight import Sight
    from lifeline.evaluation import Evaluation
    from lifeline.stories import Story

Report = Callable[[Any], None]

STATES: tuple[str, ...] = get_args(State)
"A state is told as its place in this list."

MINUTES_PER_HOUR = 60
LEAST_HOURS = 1
DECIMALS = 6
"Of a degree: a hand's breadth."

NEVER = 2**31 - 1
"Spans that nobody knows the end of end no earlier."

Change = tuple[int, int, int]
"Minute, number of the component, number of the state."


def timeline(argument: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """Return the timeline of an incident as it stands; the argument is that of `situation_of`.

    With a `sight`, as `Sight.to_json` has it, only what that holds.
    """
    situation = situation_of(argument)
    return timeline_of(situation, promised(situation), _sight_in(argument))


def plan_timeline(argument: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """Return the timeline of a version of the plan, `plan`, by the `problem` that it was made for."""
    from api.jobs.problem import problem_from_now
    from lifeline.evaluation import evaluate
    from lifeline.plan import Plan

    situation = situation_of({**argument["problem"], "plan": argument["plan"]})
    judged = evaluate(problem_from_now(situation), Plan.from_json(argument["plan"]))
    return timeline_of(situation, judged, _sight_in(argument))


def _sight_in(argument: Mapping[str, Any]) -> Sight | None:
    from api.access.sight import Sight

    values = argument.get("sight")
    return None if values is None else Sight.from_json(values)


def timeline_of(situation: Situation, judged: Evaluation, sight: Sight | None = None) -> dict[str, Any]:
    """Return how everything goes on by a judged plan, as far as it is seen."""
    told = _whole(situation, judged, sight)
    if sight is not None:
        from api.incidents.seen_timeline import seen_timeline

        told = seen_timeline(told, sight)
    last = max(
        [0, *told["changes"]["minute"]]
        + [visit["finish"] for crew in told["crews"] for visit in crew["visits"]]
        + [row["points"][-1][0] for row in told["curves"]]
    )
    return {**told, "last_change_minute": last, "end_minute": _end(max(last, situation.news.now))}


def _whole(situation: Situation, judged: Evaluation, sight: Sight | None) -> dict[str, Any]:
    """Return all of it but when it ends; people are those of the sight's own customers, if there is one."""
    components, changes = components_over(situation, judged)
    return {
        "started_at": judged.problem.system.settings.clock(0).isoformat(),
        "now_minute": situation.news.now,
        "states": list(STATES),
        "components": components,
        "changes": {
            name: list(column)
            for name, column in zip(
                ("minute", "component", "state"),
                zip(*changes, strict=True) if changes else ((), (), ()),
                strict=True,
            )
        },
        **people_over(judged, sight),
        **facilities_over(judged),
        "crews": _crews(situation, judged),
        "unassignable": undoable_rows(judged),
        **_supplies(judged),
    }


def _end(last: int) -> int:
    """Return where a slider ends: the whole hour after the last change and a little room, an hour at least."""
    hours = math.ceil(last * 1.02 / MINUTES_PER_HOUR)
    return max(LEAST_HOURS, hours) * MINUTES_PER_HOUR


def components_over(situation: Situation, judged: Evaluation) -> tuple[dict[str, Any], list[Change]]:
    """Return all components, column by column and in order of id, with their states at minute 0; and the changes."""
    from lifeline.components import component_table

    problem = judged.problem
    table = component_table(problem.system).sort_values("id", ignore_index=True)
    links = {
        row[0]: row[1:]
        for row in problem.system.links[["id", "from_node", "to_node"]].itertuples(index=False)
    }
    number = {name: place for place, name in enumerate(table["id"].tolist())}
    ends = [links.get(name) for name in table["id"].tolist()]
    lives = _lives(situation, judged, {name: [*link] for name, link in links.items()})
    first: list[int] = []
    changes: list[Change] = []
    for place, (name, sector) in enumerate(zip(table["id"].tolist(), table["sector"].tolist(), strict=True)):
        life = list(lives(name, sector))
        first.append(life[0][1])
        changes += [(minute, place, state) for minute, state in life[1:]]
    columns = {
        **{name: table[name].tolist() for name in ("id", "sector", "kind", "owner")},
        **{name: [_degrees(value) for value in table[name].tolist()] for name in ("longitude", "latitude")},
        "from": [None if end is None else number[end[0]] for end in ends],
        "to": [None if end is None else number[end[1]] for end in ends],
        "state": first,
    }
    return columns, sorted(changes)


def _lives(
    situation: Situation, judged: Evaluation, ends: Mapping[str, list[str]]
) -> Callable[[str, str], Iterator[tuple[int, int]]]:
    """Return what yields the (minute, number of state) of a component, the first at minute 0, each another one."""
    problem = judged.problem
    index, before, stories = _stories(judged)
    known = frozenset(problem.shock.components)
    mended, busy = _mended(judged), _busy(judged)
    # A closure by order that repairs do not lift: see `picture.broken_and_shut`.
    closures, lifted = situation.news.closures, _lifted(situation, judged)

    def life(name: str, sector: str) -> Iterator[tuple[int, int]]:
        places = [index[end] for end in ends.get(name, [name]) if end in index]
        told = [stories.get(place, [(0, before[place])]) for place in places]
        spans = closures.get(name, ())
        done = mended.get(name)
        minutes = {0, *(minute for story in told for minute, _ in story)}
        minutes |= {
            minute for span in (*busy.get(name, ()), *spans) for minute in span if 0 <= minute < NEVER
        }
        minutes |= {minute for minute in (done, lifted.get(name)) if minute is not None}
        worked = any(before[place] for place in places)
        last = -1
        for minute in sorted(minutes):
            is_done = done is not None and done <= minute
            is_lifted = name in lifted and lifted[name] <= minute
            state, _ = state_of(
                sector,
                is_broken=name in known and not is_done and not is_lifted,
                is_shut=any(begins <= minute < ends_at for begins, ends_at in spans),
                is_at_work=any(begins <= minute < ends_at for begins, ends_at in busy.get(name, ())),
                is_mended=is_done and name in known,
                works=any(_at(story, minute) for story in told),
                worked=worked,
            )
            if STATES.index(state) != last:
                last = STATES.index(state)
                yield minute, last

    return life


def _stories(judged: Evaluation) -> tuple[Mapping[str, int], list[bool], dict[int, Story]]:
    """Return the numbers of the nodes by id, which of them worked before, and the stories of those that change."""
    from lifeline.stories import enough_of

    cascade = judged.problem.cascade
    enough = enough_of(cascade)
    before = (cascade.levels_before >= enough).tolist()
    levels = judged.levels
    works = levels[:, 2] >= enough[levels[:, 1]]
    last: dict[int, dict[int, bool]] = {}
    for minute, node, is_on in zip(levels[:, 0].tolist(), levels[:, 1].tolist(), works.tolist(), strict=True):
        last.setdefault(node, {0: before[node]})[minute] = is_on
    return (
        cascade.compiled.node_index,
        before,
        {node: sorted(changes.items()) for node, changes in last.items()},
    )


def _at(story: Story, minute: int) -> bool:
    found = False
    for since, works in story:
        if since > minute:
            break
        found = works
    return found


def _mended(judged: Evaluation) -> dict[str, int]:
    """Return when each component is back, or brought in."""
    from lifeline.standby import standing_by

    standby = standing_by(judged.problem.system)
    minutes: dict[str, int] = {}
    for visit in judged.plan.visits:
        job = judged.problem.job(visit.job)
        if job.restores or job.component in standby:
            minutes[job.component] = min(visit.finish, minutes.get(job.component, visit.finish))
    return minutes


def _busy(judged: Evaluation) -> dict[str, list[tuple[int, int]]]:
    """Return when crews are at work on each component."""
    spans: dict[str, list[tuple[int, int]]] = {}
    for visit in judged.plan.visits:
        component = judged.problem.job(visit.job).component
        spans.setdefault(component, []).append((visit.start, visit.finish))
    return spans


def _lifted(situation: Situation, judged: Evaluation) -> dict[str, int]:
    """Return from when on roads that are closed by order count as broken no more: all their repairs are done."""
    from lifeline.closed_roads import is_opening

    finish = {visit.job: visit.finish for visit in judged.plan.visits}
    found: dict[str, int] = {}
    for link in situation.news.closed:
        repairs = [job.id for job in judged.problem.jobs if job.component == link and not is_opening(job)]
        if all(job in finish for job in repairs):
            found[link] = max((finish[job] for job in repairs), default=0)
    return found


def _crews(situation: Situation, judged: Evaluation) -> list[dict[str, Any]]:
    rows: dict[str, dict[str, Any]] = {
        crew.id: {
            "crew": crew.id,
            "owner": crew.owner,
            "skills": sorted(crew.skills),
            "longitude": _degrees(crew.longitude),
            "latitude": _degrees(crew.latitude),
            "visits": [],
        }
        for crew in judged.problem.crews
    }
    for visit in judged.plan.visits:
        job = judged.problem.job(visit.job)
        rows[visit.crew]["visits"].append(
            {
                **{name: getattr(visit, name) for name in ("job", "depart", "arrive", "start", "finish")},
                "component": job.component,
                "longitude": _degrees(job.longitude),
                "latitude": _degrees(job.latitude),
                "accepted_minute": situation.accepted_minute(visit.job, visit.crew),
            }
        )
    for row in rows.values():
        row["visits"].sort(key=lambda visit: (visit["depart"], visit["start"], visit["job"]))
    return list(rows.values())


def _supplies(judged: Evaluation) -> dict[str, Any]:
    """Return the customers, and which node serves whom with what, column by column."""
    system = judged.problem.system
    customers, supplies = system.customers, system.supplies
    number = {name: place for place, name in enumerate(customers["id"].tolist())}
    return {
        "customers": {
            name: customers[name].tolist()
            for name in ("id", "name", "kind", "district", "persons", "critical")
        },
        "supplies": {
            "customer": [number[name] for name in supplies["customer"].tolist()],
            "service": supplies["service"].tolist(),
            "node": supplies["node"].tolist(),
        },
    }


def _degrees(value: float) -> float | None:
    return None if math.isnan(value) else round(value, DECIMALS)
