"""What has become known since a plan was made: a log of updates from the field, each with its minute of report."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Self

from lifeline.buffers import groups_with_buffer
from lifeline.columns import Column, Table, minutes, optional_minutes, text
from lifeline.csv_tables import sheet_from_csv
from lifeline.errors import InvalidInput, Problem
from lifeline.nearest import Nearest
from lifeline.plan import LAST_MINUTE
from lifeline.sheets import Rows, Tidy, sheet_of, tidy

if TYPE_CHECKING:
    from lifeline.repair import RepairProblem

KINDS = (
    "started",
    "done",
    "takes",
    "left",
    "found",
    "not_broken",
    "blocked",
    "free",
    "late",
    "gone",
    "closed",
    "opened",
    "refilled",
)
"What an update can say; see the table."

ABOUT_CREWS = ("late", "gone")
ABOUT_COMPONENTS = ("found", "not_broken")
ABOUT_ROADS = ("closed", "opened")
NOT_ABOUT_JOBS = (*ABOUT_CREWS, *ABOUT_COMPONENTS, *ABOUT_ROADS, "refilled")
NEEDS_MINUTES = ("takes", "left")

BLANK = -1

UPDATES = Table(
    "updates",
    "What the field reported, row by row; the file grows from one re-plan to the next, and a later row about the same "
    "thing goes before an earlier one.",
    (
        minutes(
            "minute_reported",
            "When it was reported, after time zero. A re-plan knows the rows up to its minute.",
        ),
        Column(
            "what",
            "text",
            "`started`: the crew began the job at `minute` (blank: as planned). `done`: it was done at `minute` "
            "(blank: when reported). `takes`: the job takes `minutes` of work in all. `left`: `minutes` of work are "
            "left of a job under way. `found`: the component `job` is broken too, and takes `minutes` (blank: by its "
            "type) and `skill` (blank: its sector). `not_broken`: it turned out to be whole. `blocked`: the job cannot "
            "start before `minute` (blank: until further news). `free`: it can again. `late`: the crew is not there "
            "before `minute`. `gone`: it leaves at `minute` (blank: when reported); what it has begun stays undone. "
            "`closed`: nobody sets out over the road link `job` from then on, until it is `opened`. `refilled`: the "
            "buffers of the node or facility `job` (`group`: that one) are full again; all three at `minute` (blank: "
            "when reported).",
            choices=KINDS,
        ),
        text("job", "The job, component or facility; blank for `late` and `gone`."),
        text("crew", "The crew; blank where it is the one that the plan names."),
        optional_minutes("minute", "The minute meant, after time zero.", None),
        optional_minutes("minutes", "Minutes of work.", None, 1),
        text("skill", "Skill a crew needs for what was found."),
        text("note", "For people to read."),
        text("group", "The dependency group whose buffer was refilled; blank means all that the node has."),
    ),
    ("minute_reported",),
)


@dataclass(frozen=True)
class Update:
    """One thing the field reported; the columns of `UPDATES` say what it means. `row` is where in a file it stood."""

    minute_reported: int
    what: str
    job: str = ""
    crew: str = ""
    minute: int | None = None
    minutes: int | None = None
    skill: str = ""
    note: str = ""
    group: str = ""
    row: int | None = field(default=None, compare=False)

    @property
    def at(self) -> int:
        """Return the minute meant: the one that is given, or that of the report."""
        return self.minute_reported if self.minute is None else self.minute


@dataclass(frozen=True)
class News:
    """What is known at the minute `now`: of `updates`, all that was reported by then.

    Without an update everything went as planned: what was to start before `now` has started, and what was to end by
    `now` is done. News is the whole log since time zero, not what came since the last re-plan.
    """

    now: int
    updates: tuple[Update, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a minute before time zero; put the updates in order of time, equal ones as they came."""
        if self.now < 0:
            raise InvalidInput(f"A plan is made anew at minute 0 or later, got {self.now}.")
        in_order = sorted(self.updates, key=lambda update: update.minute_reported)
        object.__setattr__(self, "updates", tuple(in_order))

    @cached_property
    def known(self) -> tuple[Update, ...]:
        """Return the updates reported by now, in order of time."""
        return tuple(update for update in self.updates if update.minute_reported <= self.now)

    @property
    def later(self) -> int:
        """Return how many updates are reported only after now, and are not known yet."""
        return len(self.updates) - len(self.known)

    def latest(self, *kinds: str) -> dict[str, Update]:
        """Return the last known update of these kinds about each job, or about each crew."""
        return {
            update.crew if update.what in ABOUT_CREWS else update.job: update
            for update in self.known
            if update.what in kinds
        }

    @cached_property
    def found(self) -> dict[str, Update]:
        """Return the components found broken, and not found whole again after that."""
        return {name: last for name, last in self.latest(*ABOUT_COMPONENTS).items() if last.what == "found"}

    @cached_property
    def ever_found(self) -> dict[str, Update]:
        """Return the components found broken at some time, whole or not."""
        return self.latest("found")

    @cached_property
    def not_broken(self) -> dict[str, Update]:
        """Return the components that turned out to be whole."""
        return {
            name: last for name, last in self.latest(*ABOUT_COMPONENTS).items() if last.what == "not_broken"
        }

    @cached_property
    def refilled(self) -> tuple[Update, ...]:
        """Return the updates that tell of refilled buffers."""
        return tuple(update for update in self.known if update.what == "refilled")

    @cached_property
    def closed(self) -> tuple[str, ...]:
        """Return the road links that are closed by order, by name."""
        latest = self.latest(*ABOUT_ROADS)
        return tuple(sorted(name for name, last in latest.items() if last.what == "closed"))

    @cached_property
    def closures(self) -> dict[str, tuple[tuple[int, int], ...]]:
        """Return for each road link that ever was closed by order the spans, [closed, opened), in order of time."""
        spans: dict[str, list[tuple[int, int]]] = {}
        for update in sorted(self.known, key=lambda update: update.at):
            mine = spans.setdefault(update.job, []) if update.what in ABOUT_ROADS else []
            is_shut = bool(mine) and mine[-1][1] == LAST_MINUTE
            if update.what == "closed" and not is_shut:
                mine.append((update.at, LAST_MINUTE))
            elif update.what == "opened" and is_shut:
                mine[-1] = (mine[-1][0], update.at)
        return {link: tuple(mine) for link, mine in sorted(spans.items()) if mine}


def read_updates(path: str | Path) -> tuple[Update, ...]:
    """Read a CSV of updates; one InvalidInput lists every row that cannot be read or says too little."""
    path = Path(path)
    try:
        data = path.read_bytes()
    except OSError as trouble:
        raise InvalidInput(f"{str(path)!r} cannot be read: {trouble.strerror or trouble}.") from trouble
    return _updates_of(tidy(UPDATES, sheet_from_csv(UPDATES, data)), str(path))


def updates_from_table(table: Rows) -> tuple[Update, ...]:
    """Return the updates of a table with the columns of `UPDATES`, as `read_updates` does."""
    return _updates_of(tidy(UPDATES, sheet_of(UPDATES, table)), "The updates")


def _updates_of(table: Tidy, subject: str) -> tuple[Update, ...]:
    names = UPDATES.column_names
    rows = zip(*(table.frame[name].tolist() for name in names), table.rows.tolist(), strict=True)
    updates = [_update(*cells) for cells in rows]
    readable = table.readable(*names).tolist()
    problems = [*table.problems]
    for update, good in zip(updates, readable, strict=True):
        if good:
            problems += _says_too_little(update)
    if problems:
        raise InvalidInput.of(sorted(problems, key=lambda problem: problem.row or 0), subject)
    return tuple(updates)


def _update(
    minute_reported: int,
    what: str,
    job: str,
    crew: str,
    minute: int,
    minutes_of_work: int,
    skill: str,
    note: str,
    group: str,
    row: int,
) -> Update:
    """Return the update of a row, in the order of the columns."""
    at, work = (None if cell == BLANK else cell for cell in (minute, minutes_of_work))
    return Update(minute_reported, what, job, crew, at, work, skill, note, group, row)


def _says_too_little(update: Update) -> Iterator[Problem]:
    """Yield the cells that must be filled, and minutes that cannot be."""

    def problem(column: str, message: str) -> Problem:
        value = getattr(update, column)
        shown = None if value in (None, "") else str(value)
        return Problem(UPDATES.name, update.row, column, shown, message)

    needed = "crew" if update.what in ABOUT_CREWS else "job"
    if not getattr(update, needed):
        yield problem(needed, f"is blank; {update.what!r} has to say which {needed} it is about.")
    if update.what in NEEDS_MINUTES and update.minutes is None:
        yield problem("minutes", f"is blank; {update.what!r} has to say how many minutes of work.")
    if update.what == "late" and update.minute is None:
        yield problem("minute", "is blank; 'late' has to say from which minute on the crew is there.")
    too_late = update.minute is not None and update.minute > update.minute_reported
    if update.what in ("done", "started", *ABOUT_ROADS, "refilled") and too_late:
        yield problem("minute", f"is after the minute of the report, {update.minute_reported}.")


def check_news(problem: RepairProblem, news: News, jobs: Collection[str]) -> None:
    """Refuse news about crews, jobs or components that are not there; `jobs` are all that may be named.

    One InvalidInput lists them all. Components are looked up in the system, as what is found may be any of them.
    """
    names = Names.of(problem, jobs)
    problems = [trouble for update in news.known for trouble in names.troubles(update)]
    if problems:
        raise InvalidInput.of(problems, "the updates")


@dataclass(frozen=True, eq=False)
class Names:
    """What news may speak of: crews, jobs, components, road links, and what has a buffer."""

    crews: Collection[str]
    jobs: Collection[str]
    components: Collection[str]
    roads: Collection[str]
    buffers: Mapping[str, Collection[str]]

    @classmethod
    def of(cls, problem: RepairProblem, jobs: Collection[str]) -> Self:
        """Take the names of a problem; `jobs` are those of all that is known to be broken."""
        links = problem.system.links
        return cls(
            problem.crew_index,
            jobs,
            {*problem.system.nodes["id"], *links["id"]},
            set(links["id"][links["sector"] == "road"]),
            groups_with_buffer(problem.system),
        )

    def troubles(self, update: Update) -> list[Problem]:
        """Return what is wrong with an update: what it does not say, and names that nothing has."""
        found = list(_says_too_little(update))
        if update.crew and update.crew not in self.crews:
            found.append(_stranger(update, "crew", self.crews, "is no crew of this problem."))
        if update.what in ABOUT_CREWS or not update.job:
            return found
        known, message = self._about(update.what)
        if update.job not in known:
            found.append(_stranger(update, "job", known, message))
        elif update.what == "refilled" and update.group and update.group not in self.buffers[update.job]:
            message = f"is no group of {update.job!r} that has a buffer."
            found.append(_stranger(update, "group", self.buffers[update.job], message))
        return found

    def _about(self, what: str) -> tuple[Collection[str], str]:
        if what in ABOUT_COMPONENTS:
            return self.components, "is no node or link of the system."
        if what in ABOUT_ROADS:
            return self.roads, "is no road link of the system."
        if what == "refilled":
            return self.buffers, "is no node or facility with a buffer."
        return self.jobs, "is not damaged, so there is no such job."


def _stranger(update: Update, column: str, known: Iterable[str], message: str) -> Problem:
    name = getattr(update, column)
    guess = Nearest(known).to(name)
    hint = f" Did you mean {guess!r}?" if guess else ""
    return Problem(UPDATES.name, update.row, column, name, message + hint)
