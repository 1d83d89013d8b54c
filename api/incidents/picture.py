"""The picture of an incident at any instant: what works, who is without what, what crews do, how it goes on.

Before now it is as reported and carried on; after now as the plan promises. Everything runs in a child: JSON in, JSON
out. `picture_answers.py` says what each figure means.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from api.incidents.crews_now import crews_at
from api.incidents.facilities_now import buffers_at, facilities_at
from api.incidents.problem_now import Situation, situation_of
from api.incidents.undoable_now import undoable_rows

if TYPE_CHECKING:
    import pandas as pd

    from lifeline.dark_now import Instant
    from lifeline.evaluation import Evaluation
    from lifeline.jobs import Job

Report = Callable[[Any], None]

MOST_POINTS = 400
"Of a curve; a screen shows no more."

USUAL = ("works", "unused")
"States that go without saying."


def picture(argument: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """Return the picture of an incident at the minute `at` (now, unless given).

    The argument is that of `situation_of`, and `at`, and `all_components`: also those that work as ever.
    """
    from lifeline.dark_now import Instant

    situation = situation_of(argument)
    at = situation.news.now if argument.get("at") is None else int(argument["at"])
    judged = promised(situation)
    instant = Instant(judged, at)
    states = states_at(situation, instant)
    return {
        "now_minute": situation.news.now,
        "at_minute": at,
        "at_clock": _clock(situation, at),
        "is_promise": at > situation.news.now,
        "components": [row for row in states if argument.get("all_components") or row["state"] not in USUAL],
        "counts": _counts(states),
        "people": people_at(instant),
        "facilities": facilities_at(instant),
        "buffers": buffers_at(instant),
        "crews": crews_at(situation, judged, at),
        "curve": curve_of(judged),
        "unassignable": undoable_rows(judged),
        "set_aside": [{"what": row.what, "why": row.why} for row in situation.set_aside],
        "supposed": [{"job": job, "crew": crew} for job, crew in sorted(situation.supposed.items())],
        "accepted": _accepted(situation, judged, at),
    }


def _accepted(situation: Situation, judged: Evaluation, at: int) -> list[dict[str, Any]]:
    said = [(visit, situation.accepted_minute(visit.job, visit.crew)) for visit in judged.plan.visits]
    return [
        {"job": visit.job, "crew": visit.crew, "since_minute": since}
        for visit, since in sorted(said, key=lambda one: one[0].job)
        if since is not None and since <= at < visit.finish
    ]


def promised(situation: Situation) -> Evaluation:
    """Return the plan as it holds today, judged: as it stands, or else carried on with what is known now.

    Without a plan nothing more is done than has been reported.
    """
    from lifeline.carry_on import carry_on
    from lifeline.evaluation import evaluate
    from lifeline.plan import Plan
    from lifeline.plan_check import check_plan
    from solvers.replan import as_it_stands, carried_plan

    now_on = carry_on(situation.problem, situation.plan, situation.news)
    problem = now_on.problem
    if not situation.plan.visits:
        return evaluate(problem, Plan(problem.history, tuple(problem.unassignable.items())))
    standing = as_it_stands(problem, situation.plan)
    if now_on.is_quiet or not check_plan(problem, standing):
        return evaluate(problem, standing)
    return evaluate(problem, carried_plan(now_on, situation.plan)[0])


def states_at(situation: Situation, instant: Instant) -> list[dict[str, Any]]:
    """Return each component with its state, by id."""
    from lifeline.components import component_table

    problem = instant.evaluation.problem
    nodes = dict(zip(instant.cascade.compiled.node_index, range(len(instant.works)), strict=False))
    broken, shut = _broken_and_shut(situation, instant)
    at_work = _at_work(instant)
    table = component_table(problem.system)
    ends = _ends(problem.system.links)
    rows = []
    columns = (table[name].tolist() for name in ("id", "sector", "kind", "owner"))
    for name, sector, kind, owner in zip(*columns, strict=True):
        places = [nodes[end] for end in ends.get(name, (name,))]
        state, works = state_of(
            sector,
            is_broken=name in broken,
            is_shut=name in shut,
            is_at_work=name in at_work,
            is_mended=name in instant.done and name in problem.shock.components,
            works=bool(instant.works[places].any()),
            worked=bool(instant.worked[places].any()),
        )
        rows.append(
            {
                "component": name,
                "sector": sector,
                "kind": kind,
                "owner": owner,
                "state": state,
                "works": works,
                "crews": sorted(at_work.get(name, ())) if state == "under_repair" else [],
            }
        )
    return sorted(rows, key=lambda row: str(row["component"]))


def state_of(
    sector: str,
    *,
    is_broken: bool,
    is_shut: bool,
    is_at_work: bool,
    is_mended: bool,
    works: bool,
    worked: bool,
) -> tuple[str, bool]:
    """Return what a component's state is called, and whether it works; `works` and `worked` are those of its nodes."""
    if is_broken:
        return ("under_repair" if is_at_work else "broken"), False
    if is_shut:
        return "closed", False
    if is_mended:
        return "repaired", works
    if sector == "road" and not worked:
        return "works", True
    return ("works" if works else "dark" if worked else "unused"), works


def _ends(links: pd.DataFrame) -> dict[str, tuple[str, str]]:
    columns = (links[name].tolist() for name in ("id", "from_node", "to_node"))
    return {link: (tail, head) for link, tail, head in zip(*columns, strict=True)}


def _broken_and_shut(situation: Situation, instant: Instant) -> tuple[set[str], set[str]]:
    """Return what is still broken, and what is closed by order; a road may be both."""
    from lifeline.closed_roads import is_opening

    problem, at = instant.evaluation.problem, instant.minute
    shut = {
        link
        for link, spans in situation.news.closures.items()
        if any(begins <= at < ends for begins, ends in spans)
    }
    broken = set(instant.broken)
    finished = {visit.job for visit in instant.evaluation.plan.visits if visit.finish <= at}
    for link in situation.news.closed:
        repairs = [job for job in problem.jobs if job.component == link and not is_opening(job)]
        if all(job.id in finished for job in repairs):
            broken.discard(link)
    return broken, shut


def _at_work(instant: Instant) -> dict[str, set[str]]:
    crews: dict[str, set[str]] = {}
    for visit in instant.evaluation.plan.visits:
        if visit.start <= instant.minute < visit.finish:
            job: Job = instant.evaluation.problem.job(visit.job)
            crews.setdefault(job.component, set()).add(visit.crew)
    return crews


def _counts(states: list[dict[str, Any]]) -> list[dict[str, Any]]:
    counts: dict[tuple[str, str], int] = {}
    for row in states:
        counts[row["sector"], row["state"]] = counts.get((row["sector"], row["state"]), 0) + 1
    return [
        {"sector": sector, "state": state, "components": number}
        for (sector, state), number in sorted(counts.items())
    ]


def people_at(instant: Instant) -> list[dict[str, Any]]:
    """Return by service and district how many persons who had it are without it, and how many had it."""
    import pandas as pd

    problem = instant.evaluation.problem
    compiled = problem.system.compiled
    portions = compiled.portions
    frame = pd.DataFrame(
        {
            "service": [compiled.services[number] for number in portions.service.tolist()],
            "district": [problem.districts.names[number] for number in problem.districts.of_portion.tolist()],
            "persons": instant.cascade.persons_before,
            "persons_without": instant.persons_without,
        }
    )
    total = frame.groupby(["service", "district"], as_index=False).sum()
    columns = [total[name].tolist() for name in ("service", "district", "persons", "persons_without")]
    return [
        {"service": service, "district": district, "persons": persons, "persons_without": without}
        for service, district, persons, without in zip(*columns, strict=True)
    ]


def curve_of(judged: Evaluation) -> list[dict[str, Any]]:
    """Return by service how many persons who had it are without it from which minute on, at most MOST_POINTS each."""
    import pandas as pd

    from lifeline.steps import more_without

    cascade, compiled = judged.problem.cascade, judged.problem.system.compiled
    frame = pd.DataFrame(
        {
            "minute": judged.steps.minute,
            "service": judged.portions.service[judged.steps.portion],
            "change": more_without(judged.steps, cascade.persons_before),
        }
    )
    total = frame.groupby(["service", "minute"], as_index=False)["change"].sum()
    curves = []
    for number, service in enumerate(compiled.services):
        mine = total[(total["service"] == number) & (total["change"] != 0)]
        without = mine["change"].cumsum().tolist()
        points = [[0, 0], *([*point] for point in zip(mine["minute"].tolist(), without, strict=True))]
        if len(points) > 1 and points[1][0] == 0:
            points = points[1:]
        curves.append({"service": service, "points": list(thinned(points))})
    return curves


def thinned(points: list[list[int]], most: int = MOST_POINTS) -> Iterator[list[int]]:
    """Yield at most `most` of these points, evenly by number, the first, the last and the highest among them."""
    if len(points) <= most:
        yield from points
        return
    highest = max(range(len(points)), key=lambda place: (points[place][1], -place))
    step = (len(points) - 1) / (most - 2)
    chosen = {round(place * step) for place in range(most - 1)} | {highest}
    for place in sorted(chosen):
        yield points[place]


def _clock(situation: Situation, minute: int) -> str | None:
    try:
        return situation.problem.system.settings.clock(minute).isoformat()
    except OverflowError:
        return None
