"""Explanations as a dispatcher reads them: sentences and tables, in the language asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.text import Text

from api.console import LEFT, RIGHT, heading, table_of
from api.horizon import MARK
from api.wording import Clock, hours_figure, plain
from lifeline.evaluation import NOT_BACK
from lifeline.explain import UndoneExplained

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import Console

    from api.words import Words
    from lifeline.evaluation import Evaluation
    from lifeline.explain import Delay, PlanExplained, VisitExplained

MOST_DECISIONS = 5
FEW_RETURNS = 12
FEW_NAMES = 3
LONGEST_NAME = 24


@dataclass(frozen=True, eq=False)
class Explainer:
    """Prints explanations of one plan in one language."""

    console: Console
    words: Words
    evaluation: Evaluation
    clock: Clock

    @classmethod
    def of(cls, console: Console, words: Words, evaluation: Evaluation) -> Explainer:
        """Take the clock from the system."""
        clock = Clock(evaluation.problem.system.settings, evaluation.finish_minute)
        return cls(console, words, evaluation, clock)

    def print_plan(self, explained: PlanExplained, rule: str, rule_hours: float) -> None:
        """Print the decisions that matter most, and all jobs."""
        texts = self.words.texts
        hours = hours_figure(self.evaluation.person_hours)
        self.console.print(Text(plain(self.evaluation.problem.system.name, 90), style="bold"))
        rule_said = texts["rule"].format(rule=rule, hours=hours_figure(rule_hours))
        self._line(f"{texts['plan'].format(hours=hours)}; {rule_said}")
        timezone = self.evaluation.problem.system.settings.timezone
        self._note(texts["unit"].format(timezone=timezone, hour=texts["hour"]))
        self._print_decisions(explained, rule)
        self._print_jobs(explained)
        if explained.undone:
            self._heading("undone")
            table = table_of((texts["job"], LEFT), (texts["why"], LEFT))
            for job, binding in explained.undone:
                table.add_row(plain(job, LONGEST_NAME), self.words.binding(binding, self.clock))
            self.console.print(table)

    def print_job(self, explained: VisitExplained | UndoneExplained) -> None:
        """Print one job, a sentence a line."""
        for sentence in job_sentences(self.words, self.clock, explained):
            self._line(sentence)

    def print_returns(self, returns: pd.DataFrame, *, every_row: bool) -> None:
        """Print when who is back and what that hangs on; without `every_row` the critical and the latest only."""
        texts = self.words.texts
        self._heading("etr" if every_row else "etr_first")
        table = table_of(
            (texts["customer"], LEFT),
            (texts["service"], LEFT),
            (texts["persons"], RIGHT),
            (texts["when"], LEFT),
            (texts["hangs_on"], LEFT),
            (texts["also"], LEFT),
        )
        shown = returns if every_row else first_returns(returns)
        columns = (
            "customer",
            "name",
            "service",
            "persons",
            "minute",
            "job",
            "crew",
            "needs",
            "because",
            "waits_for",
        )
        for row in zip(*(shown[name].tolist() for name in columns), strict=True):
            customer, name, service, persons, minute, *rest = row
            table.add_row(
                plain(name or customer, LONGEST_NAME),
                self.words.service(service),
                f"{persons:,}",
                self._when(minute),
                *self._hangs_on(minute, *rest),
            )
        self.console.print(table)
        if len(shown) < len(returns):
            self._note(texts["more_rows"].format(number=f"{len(returns) - len(shown):,}"))

    def _print_decisions(self, explained: PlanExplained, rule: str) -> None:
        texts = self.words.texts
        self.console.print()
        self.console.print(Text(texts["decisions"].format(rule=rule), style="bold"))
        weighty = [found for found in explained.decisions if found.moved.price.objective]
        for number, decision in enumerate(weighty[:MOST_DECISIONS], 1):
            self._line(f"{number}. {self.words.decision(decision, self.clock)}")
        self._note(texts["not_a_sum" if weighty else "no_decisions"])
        if explained.decisions_tried < explained.decisions_open:
            tried, jobs = explained.decisions_tried, explained.decisions_open
            self._note(texts["not_all_decisions"].format(tried=f"{tried:,}", open=f"{jobs:,}"))

    def _print_jobs(self, explained: PlanExplained) -> None:
        texts = self.words.texts
        self._heading("jobs")
        names = ("job", "crew", "start", "done", "back", "delay")
        sides = (LEFT, LEFT, LEFT, LEFT, RIGHT, RIGHT)
        table = table_of(*((texts[name], side) for name, side in zip(names, sides, strict=True)))
        for line in explained.jobs:
            visit = line.visit
            table.add_row(
                plain(visit.job, LONGEST_NAME),
                plain(visit.crew, 20),
                self.words.time(self.clock, visit.start),
                self._marked(visit.finish),
                f"{sum(line.persons_back.values()):,}",
                self._delay(line.delay),
            )
        self.console.print(table)
        if any(line.delay is None for line in explained.jobs):
            self._note(texts["no_delay"])
        self._note(texts["ask"])

    def _delay(self, delay: Delay | None) -> str:
        if delay is None:
            return "*"
        return "–" if delay.price is None else hours_figure(delay.price.person_hours)

    def _when(self, minute: int) -> str:
        if minute == NOT_BACK:
            return self.words.texts["never_back"]
        return self._marked(minute) if minute else self.words.texts["never_out"]

    def _marked(self, minute: int) -> str:
        mark = f" {MARK}" if minute > self.evaluation.problem.horizon_minutes else ""
        return f"{self.words.time(self.clock, minute)}{mark}"

    def _hangs_on(
        self,
        minute: int,
        job: str,
        crew: str,
        needs: tuple[str, ...],
        because: str,
        waits_for: tuple[str, ...],
    ) -> tuple[str, str]:
        texts = self.words.texts
        if minute == NOT_BACK:
            return self.words.never(because, waits_for), ""
        if not minute:
            return (texts["kept_up_by"].format(jobs=self._names(needs)) if needs else "", "")
        also = tuple(other for other in needs if other != job)
        return f"{plain(job, LONGEST_NAME)} ({plain(crew, 20)})" if job else "", self._names(also)

    def _names(self, jobs: tuple[str, ...]) -> str:
        texts = self.words.texts
        named = texts["comma"].join(plain(job, LONGEST_NAME) for job in jobs[:FEW_NAMES])
        more = len(jobs) - FEW_NAMES
        return f"{named} {texts['more'].format(number=more)}" if more > 0 else named

    def _heading(self, key: str) -> None:
        heading(self.console, self.words.texts[key])

    def _line(self, text: str) -> None:
        self.console.print(Text(text))

    def _note(self, text: str) -> None:
        self.console.print(Text(text, style="dim"))


def job_sentences(words: Words, clock: Clock, explained: VisitExplained | UndoneExplained) -> list[str]:
    """Return what there is to say about a job, a sentence each."""
    if isinstance(explained, UndoneExplained):
        return [words.undone(explained, clock)]
    sentences = [words.done(explained, clock)]
    back, way = explained.persons_back, explained.way
    purpose = words.both(
        words.brings_back(back) if back else "",
        words.opens_way(way) if way else "",
    )
    if not purpose and not explained.needed_by:
        purpose = words.keeps(explained.kept_person_minutes)
    if purpose:
        sentences.append(words.sentence(purpose))
    if explained.needed_by:
        sentences.append(words.unblocks(explained.needed_by, clock))
    sentences += [
        words.without(explained.without),
        words.delay(explained.delay),
        words.best_place(explained.places_tried, explained.best_place, clock),
    ]
    if explained.late:
        sentences.append(words.late(explained.late, clock))
    return sentences


def first_returns(returns: pd.DataFrame) -> pd.DataFrame:
    """Return the critical facilities that are out or kept up by a job, then who waits longest, never first."""
    import pandas as pd

    matters = (returns["minute"] != 0) | (returns["needs"].map(len) > 0)
    critical = returns[returns["critical"].astype(bool) & matters]
    others = returns[~returns["critical"].astype(bool) & (returns["minute"] != 0)]
    waits = others["minute"].where(others["minute"] != NOT_BACK, others["minute"].max() + 1)
    longest = others.assign(waits=waits).sort_values(["waits", "persons"], ascending=False, kind="stable")
    return pd.concat([critical, longest.drop(columns="waits")]).head(max(FEW_RETURNS, len(critical)))
