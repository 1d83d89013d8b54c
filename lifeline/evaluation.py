"""What a plan is worth: the one judge of every solver.

A plan's repairs are replayed on the cascade's own rules; every person-minute without service is counted
exactly, in whole numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lifeline.compiled import Ints, Longs
from lifeline.districts import DistrictLoss, fairness_term, worst
from lifeline.jobs import MENDS_NOTHING
from lifeline.plan import Plan
from lifeline.portions import Portions
from lifeline.steps import Steps, change_from, last_of_each_minute, more_without, steps_of

if TYPE_CHECKING:
    from lifeline.repair import RepairProblem

NO_PLAN = Plan((), ())

NOT_BACK = -1
"Restoration minute of a customer whose service never comes back in full."

MINUTES_PER_HOUR = 60


@dataclass(frozen=True, eq=False)
class Evaluation:
    """A plan replayed: what it costs in person-minutes without service, and when who is back.

    Each row of `levels` is (minute, node, level, number of the visit whose repair changed it, or -1), in order of time,
    at most one a node and minute. What a level is worth in persons, the problem's cascade says. Only people who were
    served before the shock and whom repairs can bring back are counted.
    """

    problem: RepairProblem
    plan: Plan
    levels: Longs
    visit_jobs: tuple[str, ...]

    @property
    def rules(self) -> dict[str, str]:
        """Return the service rule that judged each sector."""
        return self.problem.system.settings.rules

    @property
    def portions(self) -> Portions:
        """Return the people, split over the nodes that serve them."""
        return self.problem.system.compiled.portions

    @cached_property
    def switches(self) -> Ints:
        """Return when which node goes below, or comes back to, what repairs can bring it back to.

        Rows are (minute, node, on or off, visit), in order of time.
        """
        # What had nothing before the shock, such as what stood by, is not waited for.
        levels = self.levels[self.problem.cascade.levels_before[self.levels[:, 1]] > 0]
        wanted = self.problem.cascade.levels_wanted[levels[:, 1]]
        on = (levels[:, 2] >= wanted) & (wanted > 0)
        rows = np.column_stack([levels[:, 0], levels[:, 1], on, np.where(on, levels[:, 3], -1)])
        order = np.argsort(rows[:, 1], kind="stable")
        node, state = rows[order, 1], rows[order, 2]
        # Each node is on before its first row.
        changes = np.concatenate([[True], np.diff(node) != 0])[: len(node)]
        before = np.where(changes, 1, np.roll(state, 1))
        switches: Ints = rows[np.sort(order[state != before])].astype(np.int32)
        return switches

    @cached_property
    def people_counted(self) -> NDArray[np.int64]:
        """Return how many persons of each portion count: served before the shock, and in the end by repairs."""
        cascade = self.problem.cascade
        return np.minimum(cascade.persons_before, cascade.persons_restored)

    @cached_property
    def counted(self) -> NDArray[np.bool_]:
        """Return which portions the objective counts: served before the shock, and restorable."""
        return self._served_before & (self.problem.cascade.levels_restored[self.portions.node] > 0)

    @cached_property
    def _served_before(self) -> NDArray[np.bool_]:
        return self.problem.cascade.levels_before[self.portions.node] > 0

    @cached_property
    def steps(self) -> Steps:
        """Return each change of a portion's service, portion by portion and in order of time."""
        return steps_of(self.problem.cascade, self.levels)

    @cached_property
    def persons_at_last(self) -> NDArray[np.int64]:
        """Return how many persons of each portion are served once nothing changes any more."""
        served = self.problem.cascade.persons_before.copy()
        # Steps are in order of time, so what stays is each portion's last one.
        served[self.steps.portion] = self.steps.served
        return served

    @cached_property
    def _more(self) -> NDArray[np.int64]:
        """Return for each step how many more of the counted people are without service than before it."""
        return more_without(self.steps, self.people_counted)

    @cached_property
    def _minutes_left(self) -> NDArray[np.int64]:
        return np.maximum(self.problem.horizon_minutes - self.steps.minute, 0)

    @cached_property
    def objective(self) -> int:
        """Return the number solvers make small: `base_objective`, and what the settings add for the worst district."""
        return self.base_objective + self.fairness_term

    @cached_property
    def base_objective(self) -> int:
        """Return persons x weight in thousandths x minutes without service."""
        return int((self._person_minutes * self.portions.weight_permille).sum())

    @cached_property
    def fairness_term(self) -> int:
        """Return what the worst-served district adds to the objective; 0 unless `fairness_permille` is set."""
        permille = self.problem.system.settings.fairness_permille
        return fairness_term(self.district_losses, permille) if permille else 0

    @cached_property
    def district_losses(self) -> tuple[DistrictLoss, ...]:
        """Return what the plan costs each district in which anybody counts, by name."""
        return self.problem.districts.losses(self._person_minutes * self.portions.weight_permille)

    @property
    def worst_district(self) -> str:
        """Return the district that loses most a person, the first by name of several; "" where nobody counts."""
        loss = worst(self.district_losses)
        return "" if loss is None else loss.district

    @cached_property
    def person_minutes(self) -> int:
        """Return the person-minutes without service; over several services one person counts once for each."""
        return int(self._person_minutes.sum())

    @cached_property
    def _person_minutes(self) -> NDArray[np.int64]:
        """Return the person-minutes without service of each portion within the horizon."""
        total = np.zeros(len(self.portions), np.int64)
        np.add.at(total, self.steps.portion, self._more * self._minutes_left)
        return total

    @property
    def person_hours(self) -> float:
        """Return the person-hours without service."""
        return self.person_minutes / MINUTES_PER_HOUR

    @cached_property
    def saved_person_minutes(self) -> int:
        """Return the service kept, thanks to buffers, for people whom no repair alone would bring back.

        They are left out of the objective, because without a black start their parts wait for each other for
        ever.
        """
        steps, before = self.steps, self.problem.cascade.persons_before
        most = np.maximum(before - self.people_counted, 0)
        kept = np.clip(steps.served - self.people_counted[steps.portion], 0, most[steps.portion])
        change = change_from(steps, kept, most)
        return int(most.sum()) * self.problem.horizon_minutes + int((change * self._minutes_left).sum())

    @cached_property
    def by_service(self) -> dict[str, int]:
        """Return the person-minutes without each service."""
        totals = np.zeros(len(self.problem.system.compiled.services), np.int64)
        np.add.at(totals, self.portions.service, self._person_minutes)
        return dict(zip(self.problem.system.compiled.services, totals.tolist(), strict=True))

    @cached_property
    def by_customer(self) -> dict[str, int]:
        """Return the person-minutes without service of each customer, over all its services."""
        customers = self.problem.system.compiled.customer_ids
        totals = np.zeros(len(customers), np.int64)
        np.add.at(totals, self.portions.customer, self._person_minutes)
        return {str(customer): int(total) for customer, total in zip(customers, totals, strict=True)}

    @cached_property
    def by_district(self) -> dict[str, int]:
        """Return the person-minutes without service of each district, over all services."""
        districts = self.problem.districts
        totals = np.zeros(len(districts.names), np.int64)
        np.add.at(totals, districts.of_portion, self._person_minutes)
        return dict(zip(districts.names, totals.tolist(), strict=True))

    @cached_property
    def curves(self) -> pd.DataFrame:
        """Return the recovery curves: persons without each service in each district from each minute of change on.

        Columns minute, service, district, persons_without; every pair has a row at minute 0, and the area
        under all curves up to the horizon is `person_minutes`. Only counted portions are in it.
        """
        changes = self.changes
        keys = ["service", "district"]
        pairs = pd.MultiIndex.from_product(
            [self.problem.system.compiled.services, self.problem.districts.names], names=keys
        )
        start = pairs.to_frame(index=False).assign(minute=0, change=0)
        steps: pd.DataFrame = pd.concat([start, changes]).groupby([*keys, "minute"])[["change"]].sum()
        steps["persons_without"] = steps.groupby(level=keys)["change"].cumsum()
        ordered = steps.reset_index().sort_values(["minute", *keys], ignore_index=True)
        return ordered[["minute", *keys, "persons_without"]]

    @cached_property
    def changes(self) -> pd.DataFrame:
        """Return a row for each step of counted people: minute, service, district, change in persons without, visit."""
        steps, districts = self.steps, self.problem.districts
        kept = np.flatnonzero(self.counted[steps.portion])
        portion = steps.portion[kept]
        return pd.DataFrame(
            {
                "minute": steps.minute[kept],
                "service": np.array(self.problem.system.compiled.services, object)[
                    self.portions.service[portion]
                ],
                "district": np.array(districts.names, object)[districts.of_portion[portion]],
                "change": self._more[kept],
                "visit": steps.visit[kept],
            }
        )

    def recovery(self, service: str | None = None, *, district: str | None = None) -> pd.DataFrame:
        """Return one curve (minute, persons_without), of one service and district or of all added up."""
        curves = self.curves if service is None else self.curves[self.curves["service"] == service]
        curves = curves if district is None else curves[curves["district"] == district]
        wide = curves.pivot_table(index="minute", columns=["service", "district"], values="persons_without")
        total = wide.ffill().sum(axis=1).astype("int64")
        return total.rename("persons_without").reset_index()

    def minute_when_back(
        self, fraction: float, *, service: str | None = None, district: str | None = None
    ) -> int:
        """Return the first minute from which on at most 1 - fraction of the most people ever without are without.

        NOT_BACK when that never happens; 0 when nobody was without service.
        """
        curve = self.recovery(service, district=district)
        if curve.empty:
            return 0
        persons = curve["persons_without"].to_numpy()
        allowed = int((1 - fraction) * persons.max() + 1e-9)
        too_many = np.flatnonzero(persons > allowed)
        if not len(too_many):
            return 0
        after = too_many[-1] + 1
        return int(curve["minute"].iloc[after]) if after < len(curve) else NOT_BACK

    @cached_property
    def etr(self) -> pd.DataFrame:
        """Return when each customer's service is full and stays: customer, service, minute.

        Minute 0 means never without it, NOT_BACK that it never comes back in full. A customer that had no
        service before the shock has no row for it.
        """
        portions, compiled = self.portions, self.problem.system.compiled
        last = np.zeros(len(self.problem.cascade.levels_before), np.int64)
        # Rows are in order of time, so a node's last switch is what stays in these two arrays.
        last[self.switches[:, 1]] = self.switches[:, 0]
        dark = np.zeros(len(last), bool)
        dark[self.switches[:, 1]] = self.switches[:, 2] == 0
        table = pd.DataFrame(
            {
                "customer": compiled.customer_ids[portions.customer],
                "service": np.array(compiled.services, object)[portions.service],
                "minute": last[portions.node],
                "dark": dark[portions.node],
            }
        )[self._served_before]
        rows = table.groupby(["customer", "service"], as_index=False).agg({"minute": "max", "dark": "any"})
        rows["minute"] = rows["minute"].where(~rows["dark"], NOT_BACK)
        return rows[["customer", "service", "minute"]]

    @cached_property
    def facilities(self) -> pd.DataFrame:
        """Return when what each critical facility needs is gone and back, and when it is down (`facility_times.py`)."""
        from lifeline.facility_times import facility_table

        return facility_table(self)

    @cached_property
    def jobs(self) -> pd.DataFrame:
        """Return what each visit unblocked: job, crew, start, finish, persons_back, person_minutes_unblocked.

        persons_back counts the persons, once for each service, who came back the minute the job was finished
        and owe it to this job (of several finished in that minute: the last one they needed, by id);
        person_minutes_unblocked is that service up to the horizon.
        """
        back = self.changes[(self.changes["visit"] >= 0) & (self.changes["change"] < 0)]
        left = (self.problem.horizon_minutes - back["minute"]).clip(lower=0)
        persons = np.zeros(len(self.visit_jobs), np.int64)
        person_minutes = np.zeros(len(self.visit_jobs), np.int64)
        np.add.at(persons, back["visit"].to_numpy(), -back["change"].to_numpy())
        np.add.at(person_minutes, back["visit"].to_numpy(), (-back["change"] * left).to_numpy())
        gained = dict(
            zip(self.visit_jobs, zip(persons.tolist(), person_minutes.tolist(), strict=True), strict=True)
        )
        return pd.DataFrame(
            [(v.job, v.crew, v.start, v.finish, *gained[v.job]) for v in self.plan.visits],
            columns=["job", "crew", "start", "finish", "persons_back", "person_minutes_unblocked"],
        )

    @property
    def finish_minute(self) -> int:
        """Return the minute at which the last job is finished; 0 without jobs."""
        return max((visit.finish for visit in self.plan.visits), default=0)


def evaluate(problem: RepairProblem, plan: Plan) -> Evaluation:
    """Replay a plan and count what it costs; the plan is taken at its word (`check_plan` says whether it may be)."""
    visits = sorted(plan.visits, key=lambda visit: (visit.finish, visit.job))
    finish = np.array([visit.finish for visit in visits], np.int64)
    jobs = np.array([problem.job_index[visit.job] for visit in visits], np.int64)
    levels = _levels_while(problem, jobs, finish)
    return Evaluation(problem, plan, levels, tuple(visit.job for visit in visits))


def cost_of_finishes(problem: RepairProblem, jobs: Longs, finish: Longs) -> int:
    """Return the objective of a plan that finishes these jobs, by their numbers ascending, at these minutes."""
    order = np.argsort(finish, kind="stable")
    levels = _levels_while(problem, jobs[order], finish[order])
    return Evaluation(problem, NO_PLAN, levels, ()).objective


def _levels_while(problem: RepairProblem, jobs: Longs, finish: Longs) -> Longs:
    """Return the levels while these jobs are finished at these minutes, in order of time and, at one minute, of id."""
    is_link, part = problem.mended
    mends = part[jobs] != MENDS_NOTHING
    if mends.all():
        return last_of_each_minute(problem.cascade.levels_while(finish, is_link[jobs], part[jobs]))
    kept = jobs[mends]
    rows = problem.cascade.levels_while(finish[mends], is_link[kept], part[kept])
    owed = rows[:, 3] >= 0
    rows[owed, 3] = np.flatnonzero(mends)[rows[owed, 3]]
    return last_of_each_minute(rows)
