"""When the jobs of given rounds are done, as the model counts: crews go on as early as what they wait for lets them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from solvers.cp_task import NO_WAY, STAYS, Task
from solvers.cp_waits import Unit
from solvers.needs import NOTHING


@dataclass(frozen=True)
class Times:
    """Rounds with times: of each job the crew, its clock and the minutes; those not done by the horizon are left out.

    `begins` has only jobs that wait for something.
    """

    crew: dict[int, int] = field(default_factory=dict)
    clock: dict[int, int] = field(default_factory=dict)
    begins: dict[int, int] = field(default_factory=dict)
    done: dict[int, int] = field(default_factory=dict)
    drives: set[tuple[int, int, int]] = field(default_factory=set)


def times(task: Task, rounds: Sequence[Sequence[int]]) -> Times:
    """Return when the jobs of these rounds are done, if crews wait for nothing but conditions and all roads are open.

    Parts go to jobs in the order in which all else that they wait for is known.
    """
    clock = _Clock(task, rounds)
    while any(clock.goes_on(crew) for crew in range(len(task.crews))):
        pass
    return clock.timed


class _Clock:
    """How far each crew has come."""

    def __init__(self, task: Task, rounds: Sequence[Sequence[int]]) -> None:
        """Put every crew where it begins."""
        self.task, self.timed = task, Times()
        known = [set(crew.jobs) for crew in task.crews]
        self.left = [[job for job in jobs if job in known[number]] for number, jobs in enumerate(rounds)]
        self.clock = [crew.gone for crew in task.crews]
        self.here = [NOTHING for _ in task.crews]
        self.unit_of = {job: unit for unit in task.waits.units for job in unit.jobs}
        self.befores: dict[int, list[tuple[int, int]]] = {}
        for job, before, lag in task.waits.after:
            self.befores.setdefault(job, []).append((before, lag))
        self.done = dict(task.waits.past)
        self.used = [0 for _ in task.waits.stores]

    def goes_on(self, crew: int) -> bool:
        """Let a crew do its next job, with its partners; tell whether it could, or has given it up."""
        if not self.left[crew]:
            return False
        job = self.left[crew][0]
        unit = self.unit_of.get(job)
        if unit is None:
            done = self._plain(crew, job)
            return self._go([(crew, job)], done, None)
        crews = [self._next_with(member) for member in unit.jobs]
        present = [number for number in crews if number is not None]
        befores = [row for member in unit.jobs for row in self.befores.get(member, ())]
        if len(present) < len(crews) or not all(before in self.done for before, _ in befores):
            return False
        return self._side_by_side(unit, present, befores)

    def _next_with(self, job: int) -> int | None:
        return next((crew for crew, left in enumerate(self.left) if left[:1] == [job]), None)

    def _drive(self, crew: int, job: int) -> int:
        task, here = self.task, self.here[crew]
        who = task.crews[crew]
        row = who.site if here == NOTHING else len(task.crews) + here
        return task.drives[who.speed_class][row][len(task.crews) + job]

    def _plain(self, crew: int, job: int) -> dict[int, int] | None:
        """Return the clock of a crew as it is done with a job that waits for nothing; None if it never is."""
        drive = self._drive(crew, job)
        if drive == NO_WAY:
            return None
        return {crew: self.clock[crew] + drive + self.task.takes(crew, job)}

    def _side_by_side(self, unit: Unit, crews: list[int], befores: list[tuple[int, int]]) -> bool:
        """Let crews do the jobs of a unit, as early as everything is there."""
        task, mine = self.task, list(zip(crews, unit.jobs, strict=True))
        calendars = tuple(task.crews[crew].calendar for crew in crews)
        kind = next((kind for kind in unit.hours if kind.calendars == calendars), None)
        drives = [self._drive(crew, job) for crew, job in mine]
        parts = self._parts(mine)
        if kind is None or NO_WAY in drives or parts is None or len(set(crews)) < len(crews):
            return self._go(mine, None, None)
        begin = max([unit.not_before, parts, *(self.done[before] + lag for before, lag in befores)])
        for crew, drive in zip(crews, drives, strict=True):
            own = task.calendars[task.crews[crew].calendar]
            begin = max(begin, own.begins(self.clock[crew] + drive))
        count = kind.minutes.count_at(begin)
        begin = kind.minutes.begins(count)
        count += max(task.takes(crew, job) for crew, job in mine)
        span = kind.minutes.span_of_end(count)
        clocks = {crew: count + kind.behind[place][span] for place, crew in enumerate(crews)}
        return self._go(mine, clocks if begin <= unit.not_after else None, begin)

    def _parts(self, mine: Sequence[tuple[int, int]]) -> int | None:
        """Return the minute from which parts are there, and take them; None for never."""
        taken = list(self.used)
        latest = 0
        for number, store in enumerate(self.task.waits.stores):
            uses = dict(store.uses)
            for crew, job in mine:
                if crew in store.crews and job in uses:
                    taken[number] += uses[job]
                    there = [minute for minute, most in store.left if most >= taken[number]]
                    if not there:
                        return None
                    latest = max(latest, there[0])
        self.used = taken
        return latest

    def _go(
        self, mine: Sequence[tuple[int, int]], clocks: Mapping[int, int] | None, begin: int | None
    ) -> bool:
        """Note that crews do jobs; those who cannot before the horizon, or before they leave, do nothing more."""
        task = self.task
        minutes = {
            crew: task.calendars[task.crews[crew].calendar].minute(clock)
            for crew, clock in (clocks or {}).items()
        }
        if clocks is None or any(
            minutes[crew] > task.horizon or STAYS != task.crews[crew].leaves < clocks[crew]
            for crew, _ in mine
        ):
            for crew, _ in mine:
                self.left[crew] = []
            return True
        for crew, job in mine:
            self.timed.crew[job], self.timed.clock[job] = crew, clocks[crew]
            self.timed.done[job] = self.done[job] = minutes[crew]
            if begin is not None:
                self.timed.begins[job] = begin
            self.timed.drives.add((crew, self.here[crew], job))
            self.left[crew].pop(0)
            self.here[crew], self.clock[crew] = job, clocks[crew]
        return True
