"""Who is dark at an instant, and because of what: how it spread, and for each component the chain to what is broken."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from api.incidents.picture import people_at, promised
from api.incidents.problem_now import situation_of

if TYPE_CHECKING:
    from lifeline.dark_now import Instant

Report = Callable[[Any], None]


def cascade(argument: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """Return the waves of the shock as it is known now, and who is dark at the minute `at` and why.

    The argument is that of `situation_of`, and `at` (now, unless given).
    """
    from lifeline.dark_now import Instant

    situation = situation_of(argument)
    at = situation.news.now if argument.get("at") is None else int(argument["at"])
    instant = Instant(promised(situation), at)
    dark = dark_at(instant)
    return {
        "now_minute": situation.news.now,
        "at_minute": at,
        "is_promise": at > situation.news.now,
        "waves": waves_of(instant),
        "dark": dark,
        "causes": _causes(instant, dark),
        "people": people_at(instant),
        "stuck": [list(loop) for loop in instant.cascade.loops],
    }


def waves_of(instant: Instant) -> list[dict[str, Any]]:
    """Return what goes dark when and in which wave while nothing is repaired."""
    from lifeline.added_rows import records_of

    return [
        {
            "minute": row["minute"],
            "wave": row["wave"],
            "component": row["component"],
            "sector": row["sector"],
            "why": row["why"],
            "cause": row["cause"],
            "persons": row["persons"],
        }
        for row in records_of(instant.cascade.waves)
    ]


def dark_at(instant: Instant) -> list[dict[str, Any]]:
    """Return each dark node with its chain of causes and the persons who lack its service with it, by id."""
    compiled = instant.cascade.compiled
    persons: dict[int, int] = {}
    for node, lost in zip(compiled.portions.node.tolist(), instant.persons_without.tolist(), strict=True):
        persons[node] = persons.get(node, 0) + lost
    rows = []
    for name in instant.dark:
        why = instant.why(name)
        rows.append(
            {
                "component": name,
                "persons": persons.get(compiled.node_index[name], 0),
                "broken": why.broken or None,
                "is_loop": why.loop,
                "chain": [
                    {"component": step.component, "because": step.because, "upstream": step.upstream}
                    for step in why.steps
                ],
            }
        )
    return rows


def _causes(instant: Instant, dark: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return what is broken with how much is dark because of it, the most persons first."""
    totals: dict[str, list[int]] = {}
    for row in dark:
        if row["broken"] is not None:
            total = totals.setdefault(row["broken"], [0, 0])
            total[0] += 1
            total[1] += row["persons"]
    ordered = sorted(totals.items(), key=lambda item: (-item[1][1], -item[1][0], item[0]))
    return [
        {"broken": name, "components": components, "persons": persons}
        for name, (components, persons) in ordered
    ]
