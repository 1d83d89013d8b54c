"""The jobs that a shock makes: repairs, their steps, and tasks that are no repairs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from lifeline.components import component_table
from lifeline.errors import InvalidInput, UnknownComponent
from lifeline.standby import standing_by

if TYPE_CHECKING:
    import pandas as pd

    from lifeline.shock import Shock
    from lifeline.system import System

STEP = "/"
"Between a component and its step in the name of a job."

MENDS_NOTHING = -1
"In place of the number of a node or link that a job mends, for a job with which no component is back."

PARTNER = "+"
"Between a job and the number of a further crew that has to be there at the same time."


@dataclass(frozen=True)
class Job:
    """One crew's part of the work on one broken component, or on a task: what it takes, and where.

    When a job that `restores` is done, its component is back. `component` is the job's id unless something else is
    said, and "" for a task that serves nobody. An `is_optional` job may be left out of a plan.
    """

    id: str
    sector: str
    kind: str
    repair_minutes: int
    skill: str
    longitude: float
    latitude: float
    owner: str = ""
    component: str = field(default="\0", repr=False)
    restores: bool = True
    simple: bool = False
    is_optional: bool = False

    def __post_init__(self) -> None:
        """Let a job of which nothing else is said be the whole repair of the component of its name."""
        if self.component == "\0":
            object.__setattr__(self, "component", self.id)


@dataclass(frozen=True)
class Work:
    """Jobs in order of their ids, and what holds between them, by id.

    `after` are (job, job before, minutes between), `together` the jobs that crews do side by side. `named` gives for
    each name that tables may use (a component, `component/step`, a task) the job whose end stands for it.
    """

    jobs: tuple[Job, ...]
    after: tuple[tuple[str, str, int], ...]
    together: tuple[tuple[str, ...], ...]
    named: Mapping[str, str]


def work_of(system: System, shock: Shock) -> Work:
    """Return all jobs that a shock makes in a system; UnknownComponent where it breaks what is not there."""
    parts = _parts(system, [*shock.components, *(name for name in system.tasks["component"] if name)])
    missing = [component for component in shock.components if component not in parts]
    if missing:
        raise UnknownComponent.named(missing[0], [*system.nodes["id"], *system.links["id"]])
    steps = _steps_by_component(system, shock)
    jobs: list[Job] = []
    together: list[tuple[str, ...]] = []
    named: dict[str, str] = {}
    standby = standing_by(system)
    for component in shock.components:
        # What stands by is not in service once it is repaired: a task brings it in after that.
        whole = _whole_job(shock, component, parts[component], restores=component not in standby)
        if component not in steps:
            jobs.append(whole)
            named[component] = component
            continue
        restoring = _restoring_step(component, steps[component])
        for row in steps[component]:
            crew_jobs = _step_jobs(whole, row, whole.restores and row["step"] == restoring)
            jobs += crew_jobs
            named[crew_jobs[0].id] = crew_jobs[0].id
            if len(crew_jobs) > 1:
                together.append(tuple(job.id for job in crew_jobs))
        named[component] = f"{component}{STEP}{restoring}"
    tasks = list(_tasks(system, parts))
    jobs += tasks
    _names_differ(jobs)
    repaired_first = {(task.id, named[task.component], 0) for task in tasks if task.component in named}
    named.update({task.id: task.id for task in tasks})
    after = tuple(sorted({*_after(steps, named), *repaired_first}))
    return Work(tuple(sorted(jobs, key=lambda job: job.id)), after, tuple(sorted(together)), named)


def _parts(system: System, components: Sequence[str]) -> dict[str, dict[str, Any]]:
    table = component_table(system, components)
    return dict(zip(table["id"], table.to_dict("records"), strict=True))


def _steps_by_component(system: System, shock: Shock) -> dict[str, list[dict[str, Any]]]:
    steps: dict[str, list[dict[str, Any]]] = {}
    broken = set(shock.components)
    for row in _rows(system.steps):
        if row["component"] in broken:
            steps.setdefault(row["component"], []).append(row)
    return steps


def _rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [dict(zip(frame.columns, row, strict=True)) for row in frame.itertuples(index=False, name=None)]


def names_in(text: str) -> list[str]:
    """Return the names written as `isolate;main-7`, in order, each once."""
    return list(dict.fromkeys(name.strip() for name in text.split(";") if name.strip()))


def _whole_job(shock: Shock, component: str, part: Mapping[str, Any], *, restores: bool) -> Job:
    return Job(
        id=component,
        sector=part["sector"],
        kind=part["kind"],
        repair_minutes=shock.repair_minutes(component),
        skill=shock.skill(component),
        longitude=part["longitude"],
        latitude=part["latitude"],
        owner=part["owner"],
        restores=restores,
        simple=component in shock.simple,
    )


def _restoring_step(component: str, rows: Sequence[Mapping[str, Any]]) -> str:
    """Return the step with which the component is back: the one that says so, or the one nothing waits for."""
    said = [row["step"] for row in rows if row["restores"]]
    waited_for = {name.removeprefix(component + STEP) for row in rows for name in names_in(row["after"])}
    last = said or [row["step"] for row in rows if row["step"] not in waited_for]
    if len(last) != 1:
        found = f"{', '.join(map(repr, last))} all could be" if last else "none of them is"
        raise InvalidInput(
            f"steps of {component!r}: it must be clear with which one the component is back, and {found} the one. "
            "Write true under `restores` in one row."
        )
    return str(last[0])


def _step_jobs(whole: Job, row: Mapping[str, Any], restores: bool) -> list[Job]:
    """Return a step's job and, for each further crew that has to be there, one more."""
    name = f"{whole.id}{STEP}{row['step']}"
    skills = [
        row["skill"] or whole.skill,
        *(skill.strip() for skill in row["with_skills"].split(";") if skill.strip()),
    ]
    return [
        Job(
            id=name if number == 0 else f"{name}{PARTNER}{number}",
            sector=whole.sector,
            kind=whole.kind,
            repair_minutes=row["minutes"],
            skill=skill,
            longitude=whole.longitude,
            latitude=whole.latitude,
            owner=whole.owner,
            component=whole.id,
            restores=restores and number == 0,
            simple=bool(row["simple"]),
        )
        for number, skill in enumerate(skills)
    ]


def _after(
    steps: Mapping[str, list[dict[str, Any]]], named: Mapping[str, str]
) -> Iterator[tuple[str, str, int]]:
    """Yield what each step waits for; what nobody has to do any more has been done."""
    for component, rows in steps.items():
        own = {row["step"] for row in rows}
        for row in rows:
            job = f"{component}{STEP}{row['step']}"
            for name in names_in(row["after"]):
                before = f"{component}{STEP}{name}" if name in own else named.get(name)
                if before is not None and before != job:
                    yield job, before, row["lag_minutes"]


def _tasks(system: System, parts: Mapping[str, Mapping[str, Any]]) -> Iterator[Job]:
    for row in _rows(system.tasks):
        part = parts.get(row["component"])
        sector = part["sector"] if part else "road"
        own_place = row["longitude"] == row["longitude"]
        place = row if own_place or part is None else part
        yield Job(
            id=row["id"],
            sector=sector,
            kind=row["kind"],
            repair_minutes=row["minutes"],
            skill=row["skill"] or sector,
            longitude=place["longitude"],
            latitude=place["latitude"],
            owner=row["owner"],
            component=row["component"],
            restores=part is not None,
            simple=bool(row["simple"]),
            is_optional=part is not None,
        )


def _names_differ(jobs: Sequence[Job]) -> None:
    seen: set[str] = set()
    for job in jobs:
        if job.id in seen:
            raise InvalidInput(
                f"Two jobs would be called {job.id!r}: a component, a step (`component/step`) or a task. Rename one."
            )
        seen.add(job.id)
