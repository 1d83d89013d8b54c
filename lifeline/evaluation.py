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

from lifeline.compiled import MINUTE, NODE, WHAT, WHY, Ints, Portions

if TYPE_CHECKING:
    from lifeline.plan import Plan
    from lifeline.repair import RepairProblem

NOT_BACK = -1
"Restoration minute of a customer whose service never comes back in full."

MINUTES_PER_HOUR = 60


@dataclass(frozen=True, eq=False)
class Evaluation:
    """A plan replayed: what it costs in person-minutes without service, and when who is back.

    Each row of `switches` is (minute, node, on or off, number of the visit whose repair brought it back, or
    -1), in order of time, without moments that end in the minute in which they began. Portions of customers
    that had no service before the shock, or that no repair can bring back, are not `counted`.
    """

    problem: RepairProblem
    plan: Plan
    switches: Ints
    visit_jobs: tuple[str, ...]

    @property
    def portions(self) -> Portions:
        """Return the people, split over the nodes that serve them."""
        return self.problem.system.compiled.portions

    @cached_property
    def counted(self) -> NDArray[np.bool_]:
        """Return which portions the objective counts: served before the shock, and restorable."""
        return self._served_before & self.problem.cascade.restorable[self.portions.node]

    @cached_property
    def _served_before(self) -> NDArray[np.bool_]:
        return self.problem.system.compiled.before.works[self.portions.node].astype(bool)

    @cached_property
    def _minutes_without(self) -> NDArray[np.int64]:
        """Return for each portion the minutes without service within the horizon."""
        horizon = self.problem.horizon_minutes
        minutes = np.zeros(len(self.problem.system.compiled.before.works), np.int64)
        left = np.maximum(horizon - self.switches[:, 0].astype(np.int64), 0)
        np.add.at(minutes, self.switches[:, 1], np.where(self.switches[:, 2] == 1, -left, left))
        return minutes[self.portions.node]

    @cached_property
    def objective(self) -> int:
        """Return persons x weight in thousandths x minutes without service: the number solvers make small."""
        return int((self._minutes_without * self.portions.weight)[self.counted].sum())

    @cached_property
    def person_minutes(self) -> int:
        """Return the person-minutes without service; over several services one person counts once for each."""
        return int(self._person_minutes.sum())

    @cached_property
    def _person_minutes(self) -> NDArray[np.int64]:
        return np.where(self.counted, self._minutes_without * self.portions.persons, 0)

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
        horizon = self.problem.horizon_minutes
        stuck = self._served_before & ~self.counted
        return int(((horizon - self._minutes_without) * self.portions.persons)[stuck].sum())

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
        totals = np.zeros(len(self._districts), np.int64)
        np.add.at(totals, self._district_of_portion, self._person_minutes)
        return dict(zip(self._districts, totals.tolist(), strict=True))

    @cached_property
    def _districts(self) -> tuple[str, ...]:
        return tuple(sorted(set(self.problem.system.customers["district"])))

    @cached_property
    def _district_of_portion(self) -> NDArray[np.intp]:
        districts = self.problem.system.customers["district"].to_numpy(dtype=object)
        return pd.Index(self._districts, dtype=object).get_indexer(pd.Index(districts, dtype=object))[
            self.portions.customer
        ]

    @cached_property
    def curves(self) -> pd.DataFrame:
        """Return the recovery curves: persons without each service in each district from each minute of change on.

        Columns minute, service, district, persons_without; every pair has a row at minute 0, and the area
        under all curves up to the horizon is `person_minutes`. Only counted portions are in it.
        """
        changes = self._changes
        keys = ["service", "district"]
        pairs = pd.MultiIndex.from_product(
            [self.problem.system.compiled.services, self._districts], names=keys
        )
        start = pairs.to_frame(index=False).assign(minute=0, change=0)
        steps: pd.DataFrame = pd.concat([start, changes]).groupby([*keys, "minute"])[["change"]].sum()
        steps["persons_without"] = steps.groupby(level=keys)["change"].cumsum()
        ordered = steps.reset_index().sort_values(["minute", *keys], ignore_index=True)
        return ordered[["minute", *keys, "persons_without"]]

    @cached_property
    def _changes(self) -> pd.DataFrame:
        """Return a row for each counted portion and switch: minute, service, district, change in persons without."""
        by_node = pd.DataFrame(
            {
                "node": self.portions.node[self.counted],
                "service": np.array(self.problem.system.compiled.services, object)[
                    self.portions.service[self.counted]
                ],
                "district": np.array(self._districts, object)[self._district_of_portion[self.counted]],
                "persons": self.portions.persons[self.counted],
            }
        )
        switches = pd.DataFrame(self.switches, columns=["minute", "node", "on", "visit"])
        both = switches.merge(by_node, on="node")
        both["change"] = np.where(both["on"] == 1, -both["persons"], both["persons"])
        return both[["minute", "service", "district", "change", "visit", "persons"]]

    def recovery(self, service: str | None = None) -> pd.DataFrame:
        """Return one curve (minute, persons_without), of one service or of all added up."""
        curves = self.curves if service is None else self.curves[self.curves["service"] == service]
        wide = curves.pivot_table(index="minute", columns=["service", "district"], values="persons_without")
        total = wide.ffill().sum(axis=1).astype("int64")
        return total.rename("persons_without").reset_index()

    def minute_when_back(self, fraction: float, *, service: str | None = None) -> int:
        """Return the first minute from which on at most 1 - fraction of the most people ever without are without.

        NOT_BACK when that never happens; 0 when nobody was without service.
        """
        curve = self.recovery(service)
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
        last = np.zeros(len(compiled.before.works), np.int64)
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
    def jobs(self) -> pd.DataFrame:
        """Return what each visit unblocked: job, crew, start, finish, persons_back, person_minutes_unblocked.

        persons_back counts the persons, once for each service, who came back the minute the job was finished
        and owe it to this job (of several finished in that minute: the last one they needed, by id);
        person_minutes_unblocked is that service up to the horizon.
        """
        back = self._changes[(self._changes["visit"] >= 0) & (self._changes["change"] < 0)]
        left = (self.problem.horizon_minutes - back["minute"]).clip(lower=0)
        persons = np.zeros(len(self.visit_jobs), np.int64)
        person_minutes = np.zeros(len(self.visit_jobs), np.int64)
        np.add.at(persons, back["visit"].to_numpy(), back["persons"].to_numpy())
        np.add.at(person_minutes, back["visit"].to_numpy(), (back["persons"] * left).to_numpy())
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
    from lifeline.growth_kernels import NEVER, replay
    from lifeline.kernels import BACK

    compiled, cascade = problem.system.compiled, problem.cascade
    visits = sorted(plan.visits, key=lambda visit: (visit.finish, visit.job))
    finish = np.array([visit.finish for visit in visits], np.int64)
    is_link = np.array([visit.job in compiled.link_index for visit in visits], np.int64)
    index = [(compiled.link_index if link else compiled.node_index) for link in is_link]
    part = np.array([numbers[visit.job] for numbers, visit in zip(index, visits, strict=True)], np.int64)
    log = replay(compiled.network, cascade.after.copy(), finish, is_link, part, NEVER)
    log = np.concatenate([cascade.log, log])
    on = (log[:, WHAT] == BACK).astype(np.int32)
    visit = np.where(on == 1, log[:, WHY], -1)
    switches = _without_blinks(np.column_stack([log[:, MINUTE], log[:, NODE], on, visit]))
    return Evaluation(problem, plan, switches, tuple(visit.job for visit in visits))


def _without_blinks(switches: Ints) -> Ints:
    """Leave out a node's coming on when it goes dark again in the same minute, and that going dark with it."""
    order = np.lexsort((np.arange(len(switches)), switches[:, 1]))
    rows = switches[order]
    same = (rows[1:, 1] == rows[:-1, 1]) & (rows[1:, 0] == rows[:-1, 0])
    blink = np.zeros(len(rows), bool)
    blink[1:] |= same
    blink[:-1] |= same
    return switches[np.sort(order[~blink])]
