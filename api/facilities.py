"""The critical facilities of a plan as a dispatcher reads them: what runs out when, and what is back by then."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rich.console import Console

from api.console import LEFT, RIGHT, heading, table_of
from api.wording import Clock, counted, duration, hours_figure, plain
from lifeline.added_rows import records_of
from lifeline.facility_times import NEVER

if TYPE_CHECKING:
    from lifeline.evaluation import Evaluation

MOST_FACILITIES = 15


def print_facilities(console: Console, evaluation: Evaluation, clock: Clock) -> None:
    """Print a row for each service that a facility loses, and what that does to it; nothing without facilities."""
    facilities = evaluation.facilities
    hit = facilities[(facilities["lost_minute"] != NEVER) | (facilities["down_minute"] != NEVER)]
    if facilities.empty:
        return
    heading(console, "Critical facilities")
    if hit.empty:
        console.print("None of them loses a service.")
        return
    table = table_of(
        ("Facility", LEFT),
        ("Service", LEFT),
        ("Own buffer ends", LEFT),
        ("Service back", LEFT),
        ("Facility down", LEFT),
        ("Price", RIGHT),
    )
    names = list(dict.fromkeys(hit["customer"]))
    last = ""
    for row in records_of(hit[hit["customer"].isin(names[:MOST_FACILITIES])]):
        again = row["customer"] == last
        last = row["customer"]
        name = "" if again else plain(last, 30)
        whole = ("", "") if again else (_down(row, clock), hours_figure(row["priced_person_hours"]))
        ends = "–" if row["buffer_ends_minute"] == NEVER else clock.short(row["buffer_ends_minute"])
        table.add_row(name, row["service"], ends, _back(row, clock), *whole)
    console.print(table)
    if len(names) > MOST_FACILITIES:
        console.print(
            f"{counted(len(names) - MOST_FACILITIES, 'more facility', 'more facilities')} not shown."
        )
    console.print("Price: person-hours of the facility being down, times its price.", style="dim")


def _back(row: Mapping[str, Any], clock: Clock) -> str:
    if row["lost_minute"] == NEVER:
        return "never lost"
    return "not by this plan" if row["back_minute"] == NEVER else clock.short(row["back_minute"])


def _down(row: Mapping[str, Any], clock: Clock) -> str:
    """Say from when to when a facility is down, and for how long altogether."""
    if row["down_minute"] == NEVER:
        return "never"
    if row["up_minute"] == NEVER:
        return f"from {clock.short(row['down_minute'])} on"
    span = f"{clock.short(row['down_minute'])} to {clock.short(row['up_minute'])}"
    return f"{span} ({duration(row['down_minutes'])})"
