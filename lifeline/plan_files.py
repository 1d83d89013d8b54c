"""Plans as files: read one that somebody wrote, by hand or by lifeline, and write work lists for crews."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from lifeline.csv_tables import sheet_from_csv
from lifeline.errors import InvalidInput, Problem
from lifeline.nearest import Nearest
from lifeline.plan import TIMES, Plan, Visit
from lifeline.schedule import schedule
from lifeline.sheets import Rows, Tidy, sheet_of, tidy
from lifeline.tables import Column, Kind, Table

if TYPE_CHECKING:
    from lifeline.jobs import Job
    from lifeline.repair import RepairProblem
    from lifeline.system import Settings

CLOCKS = tuple(f"{name}_clock" for name in TIMES)
DESCRIBING = ("sector", "kind", "skill", "longitude", "latitude")
REMARKS = ("after_horizon", "reason")
WORKLIST_COLUMNS = ("crew", "position", "job", *DESCRIBING, *TIMES, *CLOCKS, *REMARKS)
BLANK = -1
DECIMALS = 7  # of a degree: about a centimetre


def _for_people(name: str) -> Column:
    kind: Kind = "number" if name in ("longitude", "latitude") else "text"
    return Column(name, kind, "For people to read; not read back.", required=False)


def _minute(name: str, meaning: str) -> Column:
    return Column(name, "integer", meaning, "minutes", required=False, minimum=0)


PLAN_TABLE = Table(
    "plan",
    "Who does which job: either with `position`, and lifeline works out the times, or with all four times.",
    (
        Column("crew", "text", "The crew."),
        Column("job", "text", "The broken component it repairs."),
        Column(
            "position", "integer", "Place of the job in the crew's order of work.", required=False, minimum=0
        ),
        _minute("depart", "When the crew leaves the place before, after time zero."),
        _minute("arrive", "When it reaches the site."),
        _minute("start", "When work begins."),
        _minute("finish", "When it is done."),
        *(_for_people(name) for name in (*DESCRIBING, *CLOCKS, *REMARKS)),
    ),
    ("crew", "position", "depart", "job"),
)


def read_plan(problem: RepairProblem, path: str | Path) -> Plan:
    """Read a plan for this problem: a `plan.json` as lifeline writes it, or a CSV as `plan_from_table` takes it.

    The plan is not judged: `check_plan` does that. InvalidInput says what cannot be read or is unknown, and
    where.
    """
    path = Path(path)
    try:
        data = path.read_bytes()
    except OSError as trouble:
        raise InvalidInput(f"{str(path)!r} cannot be read: {trouble.strerror or trouble}.") from trouble
    if path.suffix.lower() != ".json":
        return _plan_of(problem, tidy(PLAN_TABLE, sheet_from_csv(PLAN_TABLE, data)), str(path))
    try:
        plan = Plan.from_json(data.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise InvalidInput(f"{str(path)!r} is not text in UTF-8.") from None
    strangers = pd.DataFrame([(visit.crew, visit.job) for visit in plan.visits], columns=["crew", "job"])
    problems = [Problem("plan", None, *found) for _, *found in _strangers(problem, strangers)]
    if problems:
        raise InvalidInput.of(problems, str(path))
    return plan


def plan_from_table(problem: RepairProblem, table: Rows) -> Plan:
    """Return the plan that a table with the columns of `PLAN_TABLE` tells of.

    Rows with crew, job and position are scheduled, each crew going on as early as it can (InfeasiblePlan when
    that cannot be); rows with all four times are taken as they are. One InvalidInput lists every row that is
    no good.
    """
    return _plan_of(problem, tidy(PLAN_TABLE, sheet_of(PLAN_TABLE, table)), "The plan")


def _plan_of(problem: RepairProblem, table: Tidy, subject: str) -> Plan:
    problems = list(table.problems)
    known = table.readable("crew", "job")
    names = table.frame[["crew", "job"]][known]
    rows = table.rows[known]
    problems += [Problem("plan", int(rows[place]), *found) for place, *found in _strangers(problem, names)]
    timed = _timed(table)
    problems += _time_problems(table) if timed else _position_problems(table)
    if problems:
        raise InvalidInput.of(sorted(problems, key=lambda found: found.row or 0), subject)
    frame = table.frame
    if timed:
        columns = (frame[field.name].tolist() for field in fields(Visit))
        visits = (Visit(*cells) for cells in zip(*columns, strict=True))
        return Plan(tuple(visits), tuple(problem.unassignable.items()))
    sequences: dict[str, list[str]] = {}
    # The canonical order of the table is by crew, then position.
    for crew, job in zip(frame["crew"], frame["job"], strict=True):
        sequences.setdefault(crew, []).append(job)
    return schedule(problem, sequences)


def _strangers(problem: RepairProblem, names: pd.DataFrame) -> Iterator[tuple[int, str, str, str]]:
    """Yield the place, column, value and trouble of each crew and job that the problem does not have."""
    known = {"crew": problem.crew_index, "job": problem.job_index}
    what = {"crew": "is no crew of this problem.", "job": "is not damaged, so there is no such job."}
    for column, index in known.items():
        nearest = Nearest(index)
        for place, name in enumerate(names[column].tolist()):
            if name not in index:
                guess = nearest.to(name)
                yield place, column, name, what[column] + (f" Did you mean {guess!r}?" if guess else "")


def _timed(table: Tidy) -> bool:
    """Tell whether any time is given, which means that all of them should be."""
    return bool((table.frame[list(TIMES)] != BLANK).to_numpy().any())


def _time_problems(table: Tidy) -> Iterator[Problem]:
    """Every row has all four times, and they run forwards."""
    frame = table.frame
    for name in TIMES:
        blank = table.readable(name) & (frame[name] == BLANK).to_numpy()
        for row in table.rows[blank].tolist():
            message = "is blank; either all four times are filled in every row, or none in any."
            yield Problem("plan", row, name, None, message)
    times = frame[list(TIMES)].to_numpy()
    backwards = table.readable(*TIMES) & (times != BLANK).all(axis=1)
    backwards &= (np.diff(times, axis=1) < 0).any(axis=1) | (times[:, 2] == times[:, 3])
    for place in np.flatnonzero(backwards).tolist():
        message = "has times that run backwards; it must be depart <= arrive <= start < finish."
        yield Problem("plan", int(table.rows[place]), None, None, message)


def _position_problems(table: Tidy) -> Iterator[Problem]:
    """Every row has a position that no other row of its crew has, and no job comes twice."""
    frame = table.frame
    blank = table.readable("position") & (frame["position"] == BLANK).to_numpy()
    for row in table.rows[blank].tolist():
        yield Problem("plan", row, "position", None, "is blank; number the crew's jobs 1, 2, 3 ...")
    good = np.flatnonzero(table.readable("crew", "job", "position") & ~blank)
    good = good[np.argsort(table.rows[good])]  # as in the file, so that the second of two is the one too many
    frame, rows = frame.iloc[good], table.rows[good]
    for place in np.flatnonzero(frame.duplicated(["crew", "position"])).tolist():
        value = str(frame["position"].iloc[place])
        yield Problem("plan", int(rows[place]), "position", value, "is taken by another job of this crew.")
    for place in np.flatnonzero(frame.duplicated("job")).tolist():
        yield Problem("plan", int(rows[place]), "job", frame["job"].iloc[place], "is in the plan twice.")


def worklists(
    problem: RepairProblem, plan: Plan, *, reasons: Mapping[str, str] | None = None
) -> pd.DataFrame:
    """Return one row a visit, crew by crew in order of work, with what the job is, where, and when by the clock.

    Clock times are ISO 8601 in the time zone of the system's settings; `after_horizon` is true or false.
    `reasons` says for a job why it is done when it is; blank for others. `plan_from_table` reads the table back.
    """
    rows = []
    why = reasons or {}
    position: dict[str, int] = {}
    for visit in plan.visits:
        position[visit.crew] = position.get(visit.crew, 0) + 1
        job = problem.job(visit.job)
        late = "true" if visit.finish > problem.horizon_minutes else "false"
        times = _times(problem, visit)
        rows.append(
            (visit.crew, position[visit.crew], visit.job, *_about(job), *times, late, why.get(job.id, ""))
        )
    return pd.DataFrame(rows, columns=list(WORKLIST_COLUMNS))


def _about(job: Job) -> Iterator[object]:
    longitude, latitude = round(job.longitude, DECIMALS), round(job.latitude, DECIMALS)
    return iter((job.sector, job.kind, job.skill, longitude, latitude))


def _times(problem: RepairProblem, visit: Visit) -> list[object]:
    minutes = [int(getattr(visit, name)) for name in TIMES]
    return [*minutes, *(_clock(problem.system.settings, minute) for minute in minutes)]


def _clock(settings: Settings, minute: int) -> str:
    try:
        return settings.clock(minute).isoformat()
    except OverflowError:
        return "outside the calendar"
