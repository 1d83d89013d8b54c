"""Random tables that say how work is done, on top of a random task: steps, partners, parts, closures, orders, crews."""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random
from typing import TYPE_CHECKING

from random_standby import add_standby
from random_tables import Row, happens, some
from random_worlds import Task

if TYPE_CHECKING:
    from lifeline.repair import RepairProblem


@dataclass(frozen=True)
class Work:
    """What may be on; each in percent of the worlds, or of the jobs in them."""

    steps: int = 40
    partners: int = 30
    after: int = 40
    tasks: int = 40
    parts: int = 50
    closures: int = 40
    speeds: int = 40
    leaving: int = 30
    rests: int = 30
    volunteers: int = 20
    masks: int = 30
    times: int = 30
    first: int = 15
    latest: int = 0  # orders that a plan may be unable to keep
    standby: int = 30
    relief: int = 30


ALL_WORK = Work()


def with_work(rng: Random, task: Task, work: Work = ALL_WORK) -> Task:
    """Return the same task with conditions."""
    tables = {name: [dict(row) for row in rows] for name, rows in task.tables.items()}
    damaged = [str(row["component"]) for row in tables["damage"]]
    crews = tables["crews"]
    skills = sorted({skill for crew in crews for skill in str(crew["skills"]).split(";")})
    steps: list[Row] = []
    for component in damaged:
        if happens(rng, work.steps):
            steps += _steps(rng, component, damaged, skills, work)
    tables["steps"] = steps
    tables["tasks"] = _tasks(rng, tables, skills) if happens(rng, work.tasks) else []
    for row in add_standby(rng, tables, standby=work.standby, relief=work.relief, but_not=damaged):
        tables["tasks"].append({**row, "minutes": 15 * rng.randint(1, 8), "skill": rng.choice(skills)})
    step_names = [f"{row['component']}/{row['step']}" for row in steps]
    jobs = sorted({*damaged, *step_names, *(str(row["id"]) for row in tables["tasks"])})
    if happens(rng, work.parts):
        tables["uses"], tables["stock"] = _parts(rng, jobs)
    if happens(rng, work.closures):
        tables["closures"] = [_closure(rng, number, damaged) for number in range(rng.randint(1, 2))]
    for crew in crews:
        _crew(rng, crew, work)
    tables["crew_speeds"] = [
        {"crew": crew["id"], "skill": skill, "speed_permille": rng.choice([500, 1500, 2000])}
        for crew in crews
        for skill in sorted(set(str(crew["skills"]).split(";")))
        if happens(rng, work.speeds)
    ]
    for row in tables["damage"]:
        row["simple"] = happens(rng, 50)
    tables["locks"] = _locks(rng, jobs, steps, [str(crew["id"]) for crew in crews], work)
    return replace(task, tables=tables)


def _steps(rng: Random, component: str, damaged: list[str], skills: list[str], work: Work) -> list[Row]:
    names = ["a", "b", "c"][: rng.randint(1, 3)]
    rows = []
    for place, name in enumerate(names):
        after = [names[place - 1]] if place else []
        earlier = [other for other in damaged if other < component]
        if earlier and happens(rng, work.after):
            after.append(rng.choice(earlier))
        rows.append(
            {
                "component": component,
                "step": name,
                "minutes": 15 * rng.randint(1, 8),
                "skill": rng.choice(skills) if happens(rng, 50) else "",
                "with_skills": rng.choice(skills) if happens(rng, work.partners) else "",
                "after": ";".join(after),
                "lag_minutes": 30 * rng.randint(0, 3),
                "restores": name == names[-1],
                "simple": happens(rng, 50),
            }
        )
    if len(names) > 1 and happens(rng, 30):
        rows[-1]["restores"], rows[-2]["restores"] = False, True
    return rows


def _tasks(rng: Random, tables: dict[str, list[Row]], skills: list[str]) -> list[Row]:
    home = rng.choice(tables["nodes"])
    return [
        {
            "id": "clearing",
            "minutes": 15 * rng.randint(1, 6),
            "skill": rng.choice(skills),
            "longitude": home["longitude"],
            "latitude": home["latitude"],
            "simple": True,
        }
    ]


def _parts(rng: Random, jobs: list[str]) -> tuple[list[Row], list[Row]]:
    uses = [{"job": job, "part": "pole", "quantity": rng.randint(1, 2)} for job in some(rng, jobs, 3, 1)]
    stock = [
        {"depot": depot, "part": "pole", "from_minute": minute, "quantity": rng.randint(1, 3)}
        for depot in ("", "south")
        for minute in (0, 60 * rng.randint(1, 8))
        if happens(rng, 70)
    ]
    return uses, stock


def _closure(rng: Random, number: int, damaged: list[str]) -> Row:
    begins = 30 * rng.randint(0, 10)
    return {
        "id": f"closure {number}",
        "component": rng.choice(damaged),
        "from_minute": begins,
        "until_minute": begins + 30 * rng.randint(1, 8),
    }


def _crew(rng: Random, crew: Row, work: Work) -> None:
    crew["depot"] = "south" if happens(rng, 40) else ""
    crew["volunteer"] = happens(rng, work.volunteers)
    if happens(rng, work.leaving):
        crew["available_until_minute"] = int(str(crew["available_from_minute"])) + 60 * rng.randint(2, 20)
    if happens(rng, work.rests):
        crew["longest_stretch_minutes"] = 30 * rng.randint(4, 12)
        crew["least_rest_minutes"] = 30 * rng.randint(1, 8)


def _locks(rng: Random, jobs: list[str], steps: list[Row], crews: list[str], work: Work) -> list[Row]:
    waiting = {f"{row['component']}/{row['step']}" for row in steps if row["after"] or row["with_skills"]}
    waiting |= {str(row["component"]) for row in steps}
    rows: dict[tuple[str, str, str], Row] = {}

    def lock(job: str, kind: str, value: str) -> None:
        rows[job, kind, value] = {"job": job, "kind": kind, "value": value}

    if happens(rng, work.masks):
        lock(rng.choice(jobs), rng.choice(["crew", "not_crew"]), rng.choice(crews))
    if happens(rng, work.times):
        lock(rng.choice(jobs), "not_before", str(30 * rng.randint(0, 20)))
    if happens(rng, work.first):
        # One that waits for others could not be first where one crew has to do all of them.
        lock(rng.choice([job for job in jobs if job not in waiting] or jobs[:1]), "first", "")
    if happens(rng, work.latest):
        lock(rng.choice(jobs), rng.choice(["not_after", "start"]), str(30 * rng.randint(2, 30)))
    if (
        len(jobs) > 1 and happens(rng, work.after) and not any("/" in job for job in jobs)
    ):  # steps wait for components already, and a circle is refused
        first, second = sorted(rng.sample(jobs, 2))
        if (second, "first", "") not in rows:
            lock(second, "after", first)
    return [row for _, row in sorted(rows.items())]


def random_working_problem(rng: Random, task: Task, work: Work = ALL_WORK) -> RepairProblem | None:
    """Return a random problem with conditions, None where what is drawn is refused (a rest that leaves no hours)."""
    from lifeline.errors import InvalidInput

    try:
        return with_work(rng, task, work).problem()
    except InvalidInput as refused:
        if "nothing is left of its shifts" in str(refused) or "in a circle" in str(refused):
            return None
        raise
