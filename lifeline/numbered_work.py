"""An order of work as numbers, after checking that it names what there is and that every crew may do its jobs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from lifeline.errors import InfeasiblePlan, InvalidInput
from lifeline.nearest import Nearest

if TYPE_CHECKING:
    from lifeline.repair import RepairProblem


def numbered_work(problem: RepairProblem, sequences: Mapping[str, Sequence[str]]) -> dict[int, list[int]]:
    """Return the job numbers of each crew number, the next job last, after checking who may do what.

    Raises InvalidInput for unknown crews and jobs and for jobs given twice; InfeasiblePlan for jobs the crew cannot do.
    """
    to_do: dict[int, list[int]] = {}
    given: dict[str, str] = {}
    for crew in sorted(sequences):
        if crew not in problem.crew_index:
            guess = Nearest(problem.crew_index).to(crew)
            hint = "" if guess is None else f" Did you mean {guess!r}?"
            raise InvalidInput(f"There is no crew {crew!r} in this problem.{hint}")
        number = problem.crew_index[crew]
        jobs = _after_history(problem, number, sequences[crew])
        for job in jobs:
            _check_job(problem, number, job)
            if job in given:
                raise InvalidInput(
                    f"Job {job!r} is given twice: to crew {given[job]!r} and to crew {crew!r}."
                )
            given[job] = crew
        to_do[number] = [problem.job_index[job] for job in reversed(jobs)]
    return to_do


def _after_history(problem: RepairProblem, crew: int, jobs: Sequence[str]) -> Sequence[str]:
    """Return a crew's jobs without those of the history, if they begin with these, in whatever order.

    Reports from the field may have a crew begin two jobs at once; which of them stands first then says nothing.
    """
    past = {visit.job for visit in problem.past_of_crew[crew]}
    return jobs[len(past) :] if set(jobs[: len(past)]) == past else jobs


def _check_job(problem: RepairProblem, crew: int, job: str) -> None:
    skill = problem.job(job).skill
    if job in problem.unassignable:
        raise InfeasiblePlan(f"Job {job!r} cannot be planned. {problem.unassignable[job]}")
    number = problem.job_index[job]
    if number in problem.past:
        raise InfeasiblePlan(
            f"Job {job!r} has been done, or begun, by crew {problem.past[number].crew!r} already."
        )
    if skill not in problem.crews[crew].skills:
        raise InfeasiblePlan(
            f"Crew {problem.crews[crew].id!r} lacks the skill {skill!r} that job {job!r} needs."
        )
    if not problem.can_do[crew, number]:
        raise InfeasiblePlan(
            f"Crew {problem.crews[crew].id!r} may not do job {job!r}: an order forbids it, or the job has another "
            "owner, or is not simple enough for volunteers."
        )
