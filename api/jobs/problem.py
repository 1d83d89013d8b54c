"""From what a job's argument says to the situation that it is about; runs inside a child.

The argument is as `api.incidents.problem_now.situation_of` takes it: `system`, the file of a system, with
`settings`, `tables` and `locks` in place of or besides its own; `started_at`, the clock at minute 0; `now` and
`updates`, what the field has reported; `plan`, the one that crews know. All but the system may be absent: it is the
system's own problem at minute 0 then.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from api.incidents.problem_now import Situation
    from lifeline.repair import RepairProblem

Argument = Mapping[str, Any]


def situation_of(argument: Argument) -> Situation:
    """Return the situation; the system is read once in the life of the warm host, not once for each child."""
    from api.incidents.problem_now import at_clock, situation, system_with
    from api.incidents.standing import Report
    from api.incidents.updates import FIELD_UPDATE, moment_of
    from api.jobs.systems import system_at
    from lifeline.plan import Plan

    system = system_with(system_at(argument["system"]), argument)
    started_at = argument.get("started_at")
    begins = datetime.fromisoformat(system.settings.start) if started_at is None else moment_of(started_at)
    reports = [
        Report.of(FIELD_UPDATE.validate_python(body), begins) for body in argument.get("updates") or ()
    ]
    known = argument.get("plan")
    return situation(
        at_clock(system, begins),
        reports,
        argument.get("now") or 0,
        plan=None if known is None else Plan.from_json(known),
    )


def problem_from_now(found: Situation) -> RepairProblem:
    """Return the problem from now on, of which nothing is planned yet; what has begun is its history."""
    from lifeline.carry_on import carry_on

    if not found.news.now and not found.news.updates:
        return found.problem
    return carry_on(found.problem, found.plan, found.news).problem
