"""The clock of an incident, as routes ask it: minutes after its time zero."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from api.http.problems import Refusal
from api.incidents.updates import minutes_after
from lifeline.plan import LAST_MINUTE


def minute_now(incident: Any) -> int:
    """Return the minute of an incident (its row) that is now; 0 before it begins."""
    return max(0, minutes_after(datetime.fromisoformat(incident.started_at), datetime.now(UTC)))


def minute_at(incident: Any, moment: datetime, where: str) -> int:
    """Return the minute of an incident at a moment that was sent; one before its time zero is refused."""
    minute = minutes_after(datetime.fromisoformat(incident.started_at), moment)
    if not 0 <= minute < LAST_MINUTE:
        raise Refusal(
            422,
            "invalid-input",
            f"{where}: {moment.isoformat()} is before the incident's time zero, {incident.started_at}.",
        )
    return minute
