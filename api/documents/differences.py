"""What changes from one version of a plan to the next: in numbers, and crew by crew in words."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from pydantic import ConfigDict, Field

from api.documents.document import Document, Minute, Said

if TYPE_CHECKING:
    from api.words.changes import ChangeWords
    from lifeline.plan import Plan
    from lifeline.plan_diff import CrewChange, PlanDiff
    from lifeline.repair import RepairProblem

STAY_HOURS = 24
"Changes of jobs of the next hours are named, later ones counted; the same as in the message of a re-plan."

DIFFERENCE_EXAMPLE: dict[str, Any] = {
    "before_sha256": "1b0c9f2c5a0e7d1b4c8aa3f6e2d9b0c7158e4a6d3f2b1c0e9d8a7b6c5d4e3f2a",
    "after_sha256": "9f2c5a0e7d1b4c8aa3f6e2d9b0c7158e4a6d3f2b1c0e9d8a7b6c5d4e3f2a1b0c",
    "minute": 30,
    "before_objective": 40_800_000,
    "after_objective": 19_800_000,
    "before_person_minutes": 40_800,
    "after_person_minutes": 19_800,
    "jobs_added": [],
    "jobs_dropped": [],
    "jobs_moved": ["line-4"],
    "crews_changed": 1,
    "crews": [
        {
            "crew": "blue",
            "prolonged": [],
            "removed": [],
            "added": [{"job": "line-4", "start": 60, "crew_before": "red"}],
            "shifted": [],
            "order": [],
            "unchanged": 1,
            "said": {
                "en": "blue: New for you: line-4 from Mon 07:00, instead of red.",
                "zh": "blue:新增任务:line-4。",
            },
        }
    ],
    "said": {
        "en": "From Mon 06:30 on everybody goes on as planned.",
        "zh": "自3月2日06:30起,所有队伍照原计划进行。",
    },
}


class Prolonged(Document):
    """A job that the crew is at, and that ends at another minute."""

    job: str
    finish: Minute
    minutes: int


class Removed(Document):
    """A job that the crew does no more; `crew_now` does it, "" nobody."""

    job: str
    start: Minute
    crew_now: str
    reason: str


class Added(Document):
    """A job that is new for the crew; `crew_before` was to do it, "" nobody."""

    job: str
    start: Minute
    crew_before: str


class Shifted(Document):
    """A job that the crew begins earlier (`minutes` below 0) or later."""

    job: str
    start: Minute
    minutes: int


class CrewDifference(Document):
    """What changes for one crew; `order` are all its jobs from now on, if their order is another."""

    crew: str
    prolonged: tuple[Prolonged, ...]
    removed: tuple[Removed, ...]
    added: tuple[Added, ...]
    shifted: tuple[Shifted, ...]
    order: tuple[str, ...]
    unchanged: int
    said: Said


class PlanDifference(Document):
    """What changes from one plan to another from a minute on; both are judged in the problem as it is known now."""

    model_config = ConfigDict(json_schema_extra={"examples": [DIFFERENCE_EXAMPLE]})

    before_sha256: str
    after_sha256: str
    minute: Minute
    before_objective: int
    after_objective: int
    before_person_minutes: int
    after_person_minutes: int
    jobs_added: tuple[str, ...] = Field(description="Jobs that only the new plan does.")
    jobs_dropped: tuple[str, ...] = Field(description="Jobs that only the old plan does.")
    jobs_moved: tuple[str, ...] = Field(description="Jobs that go to another crew.")
    crews_changed: int
    crews: tuple[CrewDifference, ...] = Field(description="Only crews for which something changes.")
    said: Said


def plan_difference(
    problem: RepairProblem, before: Plan, after: Plan, *, minute: int = 0, stay_hours: int = STAY_HOURS
) -> PlanDifference:
    """Return what the plan `after` changes from a minute on; jobs of `before` that are none any more cost nothing."""
    from lifeline.evaluation import evaluate
    from lifeline.news import News
    from lifeline.plan_diff import plan_diff

    still = tuple(visit for visit in before.visits if visit.job in problem.job_index)
    was, now = evaluate(problem, replace(before, visits=still)), evaluate(problem, after)
    diff = plan_diff(problem, before, after, News(minute), until=minute + 60 * stay_hours)
    crew_before = {visit.job: visit.crew for visit in before.visits}
    crew_after = {visit.job: visit.crew for visit in after.visits}
    both = crew_before.keys() & crew_after.keys()
    voices = _voices(problem, diff, after, stay_hours)
    opening = {language: _opening(words, was.objective, now.objective) for language, words in voices.items()}
    return PlanDifference(
        before_sha256=before.sha256,
        after_sha256=after.sha256,
        minute=minute,
        before_objective=was.objective,
        after_objective=now.objective,
        before_person_minutes=was.person_minutes,
        after_person_minutes=now.person_minutes,
        jobs_added=tuple(sorted(crew_after.keys() - both)),
        jobs_dropped=tuple(sorted(crew_before.keys() - both)),
        jobs_moved=tuple(sorted(job for job in both if crew_before[job] != crew_after[job])),
        crews_changed=len(diff.affected),
        crews=tuple(_crew(change, voices) for change in diff.affected),
        said=Said(**opening),
    )


def _voices(problem: RepairProblem, diff: PlanDiff, after: Plan, stay_hours: int) -> dict[str, ChangeWords]:
    from api.wording import Clock
    from api.words.changes import ChangeWords
    from api.words.replan import WORDS

    last = max((visit.finish for visit in after.visits), default=0)
    clock = Clock(problem.system.settings, last)
    return {language: ChangeWords(diff, clock, stay_hours, language) for language in WORDS}


def _opening(words: ChangeWords, before: int, now: int) -> str:
    from api.wording import hours_figure, weighted_hours

    costs = words.say(
        "versions",
        before=hours_figure(weighted_hours(before)),
        now=hours_figure(weighted_hours(now)),
        change=words.change(now, before),
    )
    return f"{words.head()} {costs}" if words.language == "en" else words.head() + costs


def _crew(change: CrewChange, voices: dict[str, ChangeWords]) -> CrewDifference:
    said = {language: words.about(change) for language, words in voices.items()}
    return CrewDifference.model_validate({**asdict(change), "said": said})
