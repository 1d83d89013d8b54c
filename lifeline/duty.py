"""Minutes on duty between two minutes, counted for the checks of plans: no code shared with what times plans."""

from __future__ import annotations

from lifeline.crews import Crew


def minutes_on_duty(crew: Crew, start: int, end: int) -> int:
    """Count the minutes from `start` up to, not including, `end` in which the crew is on duty."""
    total, every = 0, crew.period_minutes
    for opens, closes in crew.windows:
        # Repetitions of this window that begin before a minute, all whole but perhaps the last of them.
        for sign, minute in ((1, end), (-1, start)):
            begun, into = divmod(minute - opens, every)
            total += sign * (begun * (closes - opens) + min(into, closes - opens))
    return total
