"""Why a plan does a job when it does: whom it brings back, what needs it, what an hour's delay costs, in words too."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from pydantic import ConfigDict, Field

from api.documents.document import Clock, Document, Minute, Persons, Said

if TYPE_CHECKING:
    from api.wording import Clock as LocalClock
    from lifeline.binding import Binding
    from lifeline.evaluation import Evaluation
    from lifeline.explain import UndoneExplained, VisitExplained

PRICE_EXAMPLE: dict[str, Any] = {"objective": 75_000_000, "person_minutes": 75_000}
JOB_EXAMPLE: dict[str, Any] = {
    "plan_sha256": "9f2c5a0e7d1b4c8aa3f6e2d9b0c7158e4a6d3f2b1c0e9d8a7b6c5d4e3f2a1b0c",
    "job": "substation-7",
    "in_plan": True,
    "crew": "red",
    "position": 1,
    "start": 14,
    "finish": 254,
    "start_clock": "2026-03-01T06:14:00-06:00",
    "finish_clock": "2026-03-01T10:14:00-06:00",
    "persons_back": {"power": 1250},
    "unblocks": [{"job": "pump-3", "finish": 400, "persons": 300}],
    "opens_way": None,
    "never_done": {"objective": 900_000_000, "person_minutes": 900_000},
    "kept_person_minutes": 0,
    "delay": {"minutes": 60, "price": PRICE_EXAMPLE, "pushed": ["pump-3"], "dropped": []},
    "places_tried": 12,
    "best_other_place": {
        "crew": "blue",
        "position": 2,
        "before": "",
        "finish": 300,
        "price": {"objective": 57_500_000, "person_minutes": 57_500},
    },
    "late": [],
    "left_out": None,
    "sentences": {
        "en": [
            "substation-7 is job 1 of red: work begins Sun 06:14 and is done Sun 10:14, 4 h 14 min after ..."
        ],
        "zh": ["substation-7是red的第1项任务……"],
    },
}


class Price(Document):
    """What another plan costs more than this one; below 0 it costs less."""

    objective: int = Field(description="Persons x weight in thousandths x minutes without service.")
    person_minutes: int = Field(description="The same without weights.")


class Unblocked(Document):
    """A later job that would bring fewer people back without this one."""

    job: str
    finish: Minute
    persons: Persons


class OpenedWay(Document):
    """A later drive that a road makes possible (`minutes_saved` null) or shorter."""

    job: str
    crew: str
    minutes_saved: int | None


class DelayPrice(Document):
    """What it costs to begin the job so many minutes later; price null: it cannot be put off."""

    minutes: int
    price: Price | None
    pushed: tuple[str, ...] = Field(description="Other jobs that would be later too.")
    dropped: tuple[str, ...] = Field(description="Other jobs that could then not be done.")


class OtherPlace(Document):
    """The cheapest other place for the job in this plan, and what that would cost more."""

    crew: str
    position: int
    before: str = Field(description='The job that would come next; "" at the end of the crew\'s work.')
    finish: Minute
    price: Price


class Reason(Document):
    """One reason for a job to be late or left out; `kind` is a word of docs/explanations.md."""

    kind: str
    names: tuple[str, ...]
    minutes: int
    minute: int
    said: Said


class Sentences(Document):
    """The same said in every language, a sentence each."""

    en: tuple[str, ...]
    zh: tuple[str, ...]


class JobExplanation(Document):
    """One job of a plan explained; a job that is left out has null or nothing for all that a visit would have."""

    model_config = ConfigDict(json_schema_extra={"examples": [JOB_EXAMPLE]})

    plan_sha256: str
    job: str
    in_plan: bool
    crew: str | None
    position: int | None
    start: int | None
    finish: int | None
    start_clock: Clock
    finish_clock: Clock
    persons_back: dict[str, int] = Field(description="Persons it brings back by itself, by service.")
    unblocks: tuple[Unblocked, ...]
    opens_way: OpenedWay | None
    never_done: Price | None = Field(description="What the plan would cost more without it.")
    kept_person_minutes: int = Field(description="Service it keeps from being lost later.")
    delay: DelayPrice | None
    places_tried: int
    best_other_place: OtherPlace | None
    late: tuple[Reason, ...] = Field(description="Why it is late, the reason that binds first; empty if not.")
    left_out: Reason | None
    sentences: Sentences


def job_explanation(evaluation: Evaluation, job: str) -> JobExplanation:
    """Explain one job of a judged plan; UnknownComponent where nothing of that id is broken."""
    from api.explanation import job_sentences
    from api.wording import Clock as LocalClock
    from api.words import LANGUAGES
    from lifeline.explain import explain_job

    explained = explain_job(evaluation, job)
    clock = LocalClock(evaluation.problem.system.settings, evaluation.finish_minute)
    place = explained.best_place
    return JobExplanation.model_validate(
        {
            "plan_sha256": evaluation.plan.sha256,
            "job": job,
            "places_tried": explained.places_tried,
            "best_other_place": None if place is None else asdict(place),
            "sentences": {
                language: job_sentences(words, clock, explained) for language, words in LANGUAGES.items()
            },
            **_figures(explained, clock),
        }
    )


def _figures(explained: VisitExplained | UndoneExplained, clock: LocalClock) -> dict[str, Any]:
    from lifeline.explain import UndoneExplained

    if isinstance(explained, UndoneExplained):
        return _undone(explained, clock)
    return _visited(explained, clock)


def _visited(explained: VisitExplained, clock: LocalClock) -> dict[str, Any]:
    visit = explained.visit
    return {
        "in_plan": True,
        "crew": visit.crew,
        "position": explained.position,
        "start": visit.start,
        "finish": visit.finish,
        "start_clock": clock.iso(visit.start) or None,
        "finish_clock": clock.iso(visit.finish) or None,
        "persons_back": dict(explained.persons_back),
        "unblocks": [asdict(later) for later in explained.needed_by],
        "opens_way": None if explained.way is None else asdict(explained.way),
        "never_done": asdict(explained.without),
        "kept_person_minutes": explained.kept_person_minutes,
        "delay": asdict(explained.delay),
        "late": [_reason(binding, clock) for binding in explained.late],
        "left_out": None,
    }


def _undone(explained: UndoneExplained, clock: LocalClock) -> dict[str, Any]:
    nothing = dict.fromkeys(
        (
            "crew",
            "position",
            "start",
            "finish",
            "start_clock",
            "finish_clock",
            "opens_way",
            "never_done",
            "delay",
        )
    )
    return {
        **nothing,
        "in_plan": False,
        "persons_back": {},
        "unblocks": [],
        "kept_person_minutes": 0,
        "late": [],
        "left_out": _reason(explained.because, clock),
    }


def _reason(binding: Binding, clock: LocalClock) -> dict[str, Any]:
    from api.words import LANGUAGES

    return {
        "kind": binding.kind,
        "names": binding.names,
        "minutes": binding.minutes,
        "minute": binding.minute,
        "said": {language: words.binding(binding, clock) for language, words in LANGUAGES.items()},
    }
