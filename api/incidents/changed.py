"""An incident with the changes of a what-if made: tables edited, reports added; the live one is not touched."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from api.incidents import changes
from api.incidents.standing import Report
from lifeline.errors import InvalidInput

if TYPE_CHECKING:
    import pandas as pd

    from lifeline.plan import Plan
    from lifeline.system import System

Row = dict[str, Any]

NOT_GIVEN = -1
"In a canonical table, where a minute is not given."

NO_MORE_SAID: Row = {
    "longest_stretch_minutes": NOT_GIVEN,
    "least_rest_minutes": NOT_GIVEN,
    "volunteer": False,
    "depot": "",
}
"What a new crew does not say of itself."

SUPPOSED = "~"
"Begins the id of a report that is a supposition; no update's id has it."

FIRST_FACTOR = 1000
"By what the weight of a customer who goes first is multiplied."


@dataclass(frozen=True, eq=False)
class Supposition:
    """What a variant plans: the incident as it would be, and how it is searched.

    `searched` is the system by whose weights the plan is looked for; None where those are the judge's.
    """

    system: System
    reports: tuple[Report, ...]
    now: int
    plan: Plan
    first: tuple[str, ...] = ()
    search: Row = field(default_factory=dict)


def supposed(base: Supposition, what: Sequence[changes.Change]) -> Supposition:
    """Return the base with all these changes made, one after the other; InvalidInput where one cannot be."""
    for change in what:
        base = MAKE[change.kind](base, change)
    return base


def _more_crews(base: Supposition, change: changes.MoreCrews) -> Supposition:
    return _copies(base, change.like, change.count, {"available_from_minute": base.now})


def _mutual_aid(base: Supposition, change: changes.MutualAid) -> Supposition:
    arrives = {
        "available_from_minute": change.arrives_minute,
        "available_until_minute": _or_never(change.leaves_minute),
    }
    return _copies(base, change.like, change.count, arrives)


def _copies(base: Supposition, like: str, count: int, columns: Row) -> Supposition:
    from lifeline.added_rows import records_of

    system = base.system
    tables = {name: records_of(getattr(system, name)) for name in ("crews", "shifts", "crew_speeds")}
    originals = [row for row in tables["crews"] if row["id"] == like]
    if not originals:
        raise InvalidInput(f"There is no crew {like!r} to copy; there are {_some(system.crews['id'])}.")
    taken = {row["id"] for row in tables["crews"]}
    names = _new_names(like, count, taken)
    when = columns["available_from_minute"]
    later = max(when, originals[0]["available_from_minute"]) if when == base.now else when
    tables["crews"] += [
        {**originals[0], **columns, "available_from_minute": later, "id": name} for name in names
    ]
    for table in ("shifts", "crew_speeds"):
        mine = [row for row in tables[table] if row["crew"] == like]
        tables[table] += [{**row, "crew": name} for name in names for row in mine]
    grown: dict[str, Any] = {name: _table(getattr(system, name), rows) for name, rows in tables.items()}
    return replace(base, system=system.replace(**grown))


def _new_names(like: str, count: int, taken: set[str]) -> list[str]:
    names: Iterator[str] = (f"{like} {number}" for number in range(2, count + len(taken) + 2))
    return [name for name in names if name not in taken][:count]


def _table(like: pd.DataFrame, rows: list[Row]) -> pd.DataFrame:
    """Return rows as a canonical table, in which -1 stands for a minute that is not given; it is checked as a whole."""
    import pandas as pd

    return pd.DataFrame(rows, columns=list(like.columns)).astype(like.dtypes.to_dict())


def _new_crews(base: Supposition, change: changes.NewCrews) -> Supposition:
    from lifeline.added_rows import records_of

    table = base.system.crews
    rows = [
        {
            **NO_MORE_SAID,
            "id": crew.id,
            "skills": ";".join(crew.skills),
            "longitude": crew.longitude,
            "latitude": crew.latitude,
            "speed_kmh": crew.speed_kmh,
            "available_from_minute": max(crew.arrives_minute, base.now),
            "available_until_minute": _or_never(crew.leaves_minute),
            "owner": crew.owner,
        }
        for crew in change.crews
    ]
    return replace(base, system=base.system.replace(crews=_table(table, [*records_of(table), *rows])))


def _or_never(minute: int | None) -> int:
    return NOT_GIVEN if minute is None else minute


def _other_damage(base: Supposition, change: changes.OtherDamage) -> Supposition:
    from lifeline.added_rows import records_of

    if base.now == 0:
        table = base.system.damage
        rows = [
            {
                "component": row.component,
                "repair_minutes": _or_never(row.minutes),
                "skill": row.skill,
                "simple": False,
            }
            for row in change.damage
        ]
        new = {row["component"] for row in rows}
        kept = [] if change.instead else records_of(table[~table["component"].isin(new)])
        return replace(base, system=base.system.replace(damage=_table(table, [*kept, *rows])))
    if change.instead:
        raise InvalidInput(
            "Other damage can take the place of what is known only before anything has happened; leave `instead` out, "
            "and name what is whole with a change of the kind `unharmed`."
        )
    found = [
        _report(base, "damage_found", row.component, minutes=row.minutes, skill=row.skill)
        for row in change.damage
    ]
    return replace(base, reports=(*base.reports, *found))


def _unharmed(base: Supposition, change: changes.Unharmed) -> Supposition:
    return _reported(base, "damage_ruled_out", change.components)


def _road_closed(base: Supposition, change: changes.RoadClosedToo) -> Supposition:
    return _reported(base, "road_closed", change.links)


def _crew_gone(base: Supposition, change: changes.CrewGone) -> Supposition:
    return _reported(base, "crew_off_duty", change.crews)


def _reported(base: Supposition, kind: str, names: Sequence[str]) -> Supposition:
    return replace(base, reports=(*base.reports, *(_report(base, kind, name) for name in names)))


def _report(base: Supposition, kind: str, subject: str, **more: Any) -> Report:
    # A tilde comes after every character of an update's id: of two in one minute the supposition counts.
    return Report(base.now, f"{SUPPOSED}{kind} {subject}", kind, subject, **more)


def _component_first(base: Supposition, change: changes.ComponentFirst) -> Supposition:
    from lifeline.added_rows import records_of

    lock = {"job": change.component, "kind": "first", "value": ""}
    return replace(base, system=base.system.replace(locks=[*records_of(base.system.locks), lock]))


def _customer_first(base: Supposition, change: changes.CustomerFirst) -> Supposition:
    if change.customer not in set(base.system.customers["id"]):
        raise InvalidInput(
            f"There is no customer {change.customer!r}; there are {_some(base.system.customers['id'])}."
        )
    return replace(base, first=(*base.first, change.customer))


def _service_rule(base: Supposition, change: changes.ServiceRule) -> Supposition:
    from dataclasses import asdict

    settings = {**asdict(base.system.settings), f"{change.sector}_rule": change.rule}
    return replace(base, system=base.system.replace(settings=type(base.system.settings).of(settings)))


def _search(base: Supposition, change: changes.Search) -> Supposition:
    return replace(base, search={**base.search, **change.model_dump(exclude={"kind"}, exclude_none=True)})


def with_first(system: System, customers: Sequence[str]) -> System:
    """Return the system with these customers weighing as much as they may."""
    from lifeline.columns import MOST_WEIGHT_PERMILLE

    supplies = system.supplies
    heavier = (supplies["weight_permille"] * FIRST_FACTOR).clip(upper=MOST_WEIGHT_PERMILLE)
    weights = supplies["weight_permille"].mask(supplies["customer"].isin(customers), heavier)
    return replace(system, supplies=supplies.assign(weight_permille=weights.astype("int64")))


def _some(names: Any, most: int = 5) -> str:
    listed = sorted(names)
    return ", ".join(listed[:most]) + (f" and {len(listed) - most} more" if len(listed) > most else "")


MAKE: dict[str, Callable[[Supposition, Any], Supposition]] = {
    "more_crews": _more_crews,
    "mutual_aid": _mutual_aid,
    "new_crews": _new_crews,
    "crew_gone": _crew_gone,
    "component_first": _component_first,
    "customer_first": _customer_first,
    "other_damage": _other_damage,
    "unharmed": _unharmed,
    "road_closed": _road_closed,
    "service_rule": _service_rule,
    "search": _search,
}
