"""Where the crews are at an instant, what they do, and whether they are on duty."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from api.incidents.problem_now import Situation

if TYPE_CHECKING:
    from lifeline.crews import Crew
    from lifeline.evaluation import Evaluation
    from lifeline.plan import Visit

DECIMALS = 6
"Of a degree: a hand's breadth."


def crews_at(situation: Situation, judged: Evaluation, at: int) -> list[dict[str, Any]]:
    """Return each crew at a minute, by id: what it does and where; on a drive, the place it has left."""
    visits = judged.plan.sequences()
    by_crew: dict[str, list[Visit]] = {crew: [] for crew in visits}
    for visit in judged.plan.visits:
        by_crew[visit.crew].append(visit)
    return [_told(situation, judged, crew, by_crew.get(crew.id, []), at) for crew in situation.problem.crews]


def _told(
    situation: Situation, judged: Evaluation, crew: Crew, visits: list[Visit], at: int
) -> dict[str, Any]:
    now = next((visit for visit in visits if visit.depart <= at < visit.finish), None)
    before = [visit for visit in visits if visit.finish <= at]
    last = max(before, key=lambda visit: (visit.finish, visit.start, visit.job), default=None)
    following = min(
        (visit for visit in visits if visit.depart > at), key=lambda visit: visit.depart, default=None
    )
    on_duty = _is_on_duty(situation, crew, at)
    here = now.job if now is not None and now.arrive <= at else None if last is None else last.job
    place = crew if here is None else judged.problem.job(here)
    doing, until = _doing(now, at)
    return {
        "crew": crew.id,
        "owner": crew.owner,
        "doing": doing,
        "on_duty": on_duty,
        "job": None if now is None else now.job,
        "until_minute": until,
        "next_job": None if following is None else following.job,
        "next_departure_minute": None if following is None else following.depart,
        "at_job": here,
        "longitude": round(place.longitude, DECIMALS),
        "latitude": round(place.latitude, DECIMALS),
    }


def _doing(visit: Visit | None, at: int) -> tuple[str, int | None]:
    """Return what a crew does and until when: it drives, waits on site, works, or has nothing to do."""
    if visit is None:
        return "idle", None
    if at < visit.arrive:
        return "driving", visit.arrive
    if at < visit.start:
        return "waiting", visit.start
    return "working", visit.finish


def _is_on_duty(situation: Situation, crew: Crew, at: int) -> bool:
    from lifeline.facts import absences

    leaves = crew.available_until_minute
    if at < crew.available_from_minute or (leaves is not None and at >= leaves):
        return False
    if any(begins <= at < ends for begins, ends in absences(situation.news).get(crew.id, ())):
        return False
    return crew.is_on_shift(at)
