"""The rules between the rows of the tables that say how work is done."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import numpy.typing as npt

from lifeline.errors import Problem
from lifeline.nearest import Nearest
from lifeline.sheets import Tidy
from lifeline.tables import MOST_MINUTES

Tables = Mapping[str, Tidy]

MINUTE_LOCKS = ("start", "not_before", "not_after")
CREW_LOCKS = ("crew", "not_crew")


def minutes_in(text: str) -> int:
    """Return the minutes that a lock's value names, -1 where it does not."""
    written = text.strip()
    short = written.isascii() and written.isdigit() and len(written) <= len(str(MOST_MINUTES))
    return int(written) if short and int(written) <= MOST_MINUTES else -1


def jobs_that_are_named_can_be(tables: Tables) -> Iterator[Problem]:
    """Parts and orders are for components, their steps, or tasks."""
    known = job_names(tables)
    for name in ("uses", "locks"):
        yield from _strangers(tables[name], "job", tables[name].values("job"), known)
    locks = tables["locks"]
    waits = locks.readable("kind", "value") & (locks.values("kind") == "after")
    yield from _strangers(locks, "value", locks.values("value"), known, waits)


def job_names(tables: Tables) -> frozenset[str]:
    """Return every name that a job could have: components, `component/step` and tasks."""
    steps = tables["steps"]
    both = zip(steps.values("component").tolist(), steps.values("step").tolist(), strict=True)
    names = {f"{component}/{step}" for component, step in both}
    for name in ("nodes", "links", "tasks"):
        names.update(tables[name].values("id").tolist())
    return frozenset(names)


def _strangers(
    tidy: Tidy,
    column: str,
    values: npt.NDArray[np.object_],
    known: frozenset[str],
    among: npt.NDArray[np.bool_] | None = None,
) -> Iterator[Problem]:
    asked = tidy.readable(column) if among is None else among
    nearest: Nearest | None = None
    for place in np.flatnonzero(asked).tolist():
        name = values[place]
        if name not in known:
            nearest = nearest or Nearest(known)
            message = f"is no component, component/step or task. {nearest.advice(name)}".rstrip()
            yield _problem(tidy, place, column, message)


def steps_wait_for_what_there_is(tables: Tables) -> Iterator[Problem]:
    """Each name under `after` is a step of the component, a component, `component/step` or a task."""
    from lifeline.jobs import names_in

    steps, known = tables["steps"], job_names(tables)
    own = set(zip(steps.values("component").tolist(), steps.values("step").tolist(), strict=True))
    read = steps.readable("component", "step", "after")
    for place in np.flatnonzero(read & (steps.values("after") != "")).tolist():
        component = steps.values("component")[place]
        for name in names_in(steps.values("after")[place]):
            if (component, name) in own or name in known:
                continue
            guess = Nearest([*known, *(step for other, step in own if other == component)]).advice(name)
            message = f"names {name!r}, which is no step of {component!r}, no component and no task. {guess}"
            yield _problem(steps, place, "after", message.rstrip())


def locks_say_what_their_kind_needs(tables: Tables) -> Iterator[Problem]:
    """A crew where a crew is ordered, a minute where a minute is, and nothing for `first`."""
    locks, crews = tables["locks"], tables["crews"]
    kind, value = locks.values("kind"), locks.values("value")
    read = locks.readable("kind", "value")
    wants_crew = read & np.isin(kind, CREW_LOCKS)
    if crews.whole:
        nearest = Nearest(crews.ids)
        for place in np.flatnonzero(wants_crew & (crews.positions_of(value) < 0)).tolist():
            yield _problem(locks, place, "value", f"is no crew. {nearest.advice(value[place])}".rstrip())
    for place in np.flatnonzero(read & np.isin(kind, MINUTE_LOCKS)).tolist():
        if minutes_in(value[place]) < 0:
            message = f"is not a whole number of minutes from 0 to {MOST_MINUTES:,}; {kind[place]} needs one."
            yield _problem(locks, place, "value", message)
    for place in np.flatnonzero(read & (kind == "first") & (value != "")).tolist():
        yield _problem(locks, place, "value", "must be blank: `first` needs no value.")


def task_places_are_known(tables: Tables) -> Iterator[Problem]:
    """A task is at a component or at a place of its own, which has both coordinates."""
    yield from _places(tables["tasks"])


def closure_places_are_known(tables: Tables) -> Iterator[Problem]:
    """A closure is at a component or at a place of its own, which has both coordinates, and it ends after it begins."""
    closures = tables["closures"]
    yield from _places(closures)
    start, until = closures.values("from_minute"), closures.values("until_minute")
    backwards = closures.readable("from_minute", "until_minute") & (until <= start)
    for place in np.flatnonzero(backwards).tolist():
        yield _problem(closures, place, "until_minute", "is not after from_minute.")


def _places(tidy: Tidy) -> Iterator[Problem]:
    longitude, latitude = np.isnan(tidy.values("longitude")), np.isnan(tidy.values("latitude"))
    read = tidy.readable("component", "longitude", "latitude")
    for place in np.flatnonzero(read & (longitude != latitude)).tolist():
        column = "longitude" if longitude[place] else "latitude"
        yield _problem(
            tidy, place, column, "is blank while the other coordinate is not; give both or neither."
        )
    nowhere = read & longitude & latitude & (tidy.values("component") == "")
    for place in np.flatnonzero(nowhere).tolist():
        yield _problem(tidy, place, "component", "is blank; give a component, or longitude and latitude.")


def tasks_are_not_called_like_components(tables: Tables) -> Iterator[Problem]:
    """Jobs are told apart by name: a task shares none with a node or link."""
    tasks = tables["tasks"]
    ids = tasks.values("id")
    taken = (tables["nodes"].positions_of(ids) >= 0) | (tables["links"].positions_of(ids) >= 0)
    for place in np.flatnonzero(tasks.readable("id") & taken).tolist():
        yield _problem(tasks, place, "id", "is the id of a component; give the task a name of its own.")


def tasks_bring_in_what_stands_by(tables: Tables) -> Iterator[Problem]:
    """A task is at a node or at a link that stands by, and what stands by is brought in once."""
    tasks, links, nodes = tables["tasks"], tables["links"], tables["nodes"]
    component = tasks.values("component")
    read = tasks.readable("id", "component") & (component != "")
    first: dict[str, str] = {}
    for place in np.flatnonzero(read).tolist():
        link, node = (int(table.positions_of(component[place : place + 1])[0]) for table in (links, nodes))
        stands_by = (link >= 0 and links.values("standby")[link]) or (
            node >= 0 and nodes.values("standby")[node]
        )
        if link >= 0 and links.readable("standby")[link] and not stands_by:
            message = "is a link that does not stand by. Relief is given at nodes; of a switch or valve that is open, "
            yield _problem(
                tasks, place, "component", message + "say so in links with `standby`, or leave this blank."
            )
        if stands_by and component[place] in first:
            message = f"is brought in by task {first[component[place]]!r} already; remove one of the two."
            yield _problem(tasks, place, "component", message)
        if stands_by:
            first.setdefault(component[place], tasks.values("id")[place])


def roads_that_stand_by_are_opened(tables: Tables) -> Iterator[Problem]:
    """Crews would not know what to make of a road that is there and can never be driven over."""
    tasks = tables["tasks"]
    if not tasks.whole:
        return
    opened = set(tasks.values("component").tolist())
    for name in ("nodes", "links"):
        parts = tables[name]
        standby = parts.readable("id", "sector", "standby") & parts.values("standby")
        for place in np.flatnonzero(standby & (parts.values("sector") == "road")).tolist():
            if parts.values("id")[place] not in opened:
                message = (
                    "is a road that stands by, and no task opens it; add one to tasks, or remove the road."
                )
                yield _problem(parts, place, "id", message)


def rests_are_whole_rules(tables: Tables) -> Iterator[Problem]:
    """A longest stretch of work needs the least rest after it, and the other way round."""
    crews = tables["crews"]
    stretch, rest = crews.values("longest_stretch_minutes"), crews.values("least_rest_minutes")
    read = crews.readable("longest_stretch_minutes", "least_rest_minutes")
    for column, other, odd in (
        ("least_rest_minutes", "longest_stretch_minutes", read & (stretch >= 0) & (rest < 0)),
        ("longest_stretch_minutes", "least_rest_minutes", read & (rest >= 0) & (stretch < 0)),
    ):
        for place in np.flatnonzero(odd).tolist():
            yield _problem(crews, place, column, f"is blank, but {other} is not; give both or neither.")


def crews_leave_after_they_come(tables: Tables) -> Iterator[Problem]:
    """A crew that leaves before it arrives could do nothing."""
    crews = tables["crews"]
    comes, leaves = crews.values("available_from_minute"), crews.values("available_until_minute")
    odd = (
        crews.readable("available_from_minute", "available_until_minute") & (leaves >= 0) & (leaves <= comes)
    )
    for place in np.flatnonzero(odd).tolist():
        yield _problem(crews, place, "available_until_minute", "is not after available_from_minute.")


def speeds_are_for_skills_a_crew_has(tables: Tables) -> Iterator[Problem]:
    """Nobody works fast at what they cannot do."""
    from lifeline.crews import skills_of

    speeds, crews = tables["crew_speeds"], tables["crews"]
    crew = crews.positions_of(speeds.values("crew"))
    for place in np.flatnonzero(speeds.readable("crew", "skill") & (crew >= 0)).tolist():
        skills = skills_of(crews.values("skills")[crew[place]])
        if speeds.values("skill")[place] not in skills:
            message = f"is no skill of this crew; it has {', '.join(sorted(skills))}."
            yield _problem(speeds, place, "skill", message)


def _problem(tidy: Tidy, place: int, column: str, message: str) -> Problem:
    value = tidy.values(column)[place]
    blank = value == "" or value != value or (isinstance(value, (int, np.integer)) and value < 0)
    return Problem(tidy.table.name, int(tidy.rows[place]), column, None if blank else str(value), message)


WORK_RULES = (
    jobs_that_are_named_can_be,
    steps_wait_for_what_there_is,
    locks_say_what_their_kind_needs,
    task_places_are_known,
    closure_places_are_known,
    tasks_are_not_called_like_components,
    tasks_bring_in_what_stands_by,
    roads_that_stand_by_are_opened,
    rests_are_whole_rules,
    crews_leave_after_they_come,
    speeds_are_for_skills_a_crew_has,
)
