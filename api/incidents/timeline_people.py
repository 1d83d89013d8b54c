"""People without service and facilities over time, as change events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from api.access.sight import Sight
    from lifeline.dark_now import Instant
    from lifeline.evaluation import Evaluation
    from lifeline.stories import Story

Points = list[list[int]]
"(minute, number from then on), the first at minute 0, each different from the one before."


def people_over(judged: Evaluation, sight: Sight | None = None) -> dict[str, Any]:
    """Return by service, and by district, how many persons who had it are without it from which minute on.

    `curves` add all districts up. The `points` of a district count each person once who lacks at least one service:
    of a customer, as many as lack the service that most of them lack; facilities are no service of their own here.
    With a sight only its own customers count, each for the services that they get from own nodes.
    """
    import numpy as np

    problem = judged.problem
    services = problem.system.compiled.services
    changes = _own(judged, _changes(judged), sight)
    before = _own(judged, _persons_before(judged), sight)
    customers = problem.system.customers
    if sight is not None:
        customers = customers[customers["id"].isin(list(sight.customers))]
    served = customers.groupby("district")["persons"].sum().to_dict()
    out = _without_any(judged, changes)
    return {
        "curves": [
            {
                "service": service,
                "persons": int(before["persons"][before["service"] == number].sum()),
                "points": _added_up(changes[changes["service"] == number]),
            }
            for number, service in enumerate(services)
            if sight is None or (before["service"] == number).any()
        ],
        "districts": [
            {
                "district": name,
                "persons": int(served.get(name, 0)),
                "points": out[place],
                "services": [
                    {
                        "service": service,
                        "persons": int(
                            before["persons"][
                                (before["service"] == number) & (before["district"] == place)
                            ].sum()
                        ),
                        "points": _added_up(
                            changes[(changes["service"] == number) & (changes["district"] == place)]
                        ),
                    }
                    for number, service in enumerate(services)
                    if np.any((before["service"] == number) & (before["district"] == place))
                ],
            }
            for place, name in enumerate(problem.districts.names)
            if sight is None or name in served
        ],
    }


def _own(judged: Evaluation, rows: pd.DataFrame, sight: Sight | None) -> pd.DataFrame:
    """Return the rows of own customers, each for the services that they get from own nodes."""
    import numpy as np

    if sight is None:
        return rows
    compiled = judged.problem.system.compiled
    own = np.zeros((len(compiled.customer_ids), len(compiled.services)), bool)
    for number, customer in enumerate(compiled.customer_ids):
        mine = sight.customers.get(str(customer), ())
        own[number] = [service in mine for service in compiled.services]
    kept: pd.DataFrame = rows[own[rows["customer"].to_numpy(), rows["service"].to_numpy()]]
    return kept


def _changes(judged: Evaluation) -> pd.DataFrame:
    """Return each change of people without service, in order of time."""
    import pandas as pd

    from lifeline.steps import more_without

    portion = judged.steps.portion
    frame = pd.DataFrame(
        {
            "minute": judged.steps.minute,
            "service": judged.portions.service[portion],
            "customer": judged.portions.customer[portion],
            "district": judged.problem.districts.of_portion[portion],
            "change": more_without(judged.steps, judged.problem.cascade.persons_before),
        }
    )
    return frame[frame["change"] != 0].sort_values("minute", kind="stable", ignore_index=True)


def _persons_before(judged: Evaluation) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame(
        {
            "service": judged.portions.service,
            "customer": judged.portions.customer,
            "district": judged.problem.districts.of_portion,
            "persons": judged.problem.cascade.persons_before,
        }
    )


def _added_up(changes: pd.DataFrame) -> Points:
    total = changes.groupby("minute")["change"].sum().cumsum()
    return _short([[0, 0], *([int(cast("int", minute)), int(value)] for minute, value in total.items())])


def _short(points: Points) -> Points:
    """Keep of several points of one minute the last, and none that changes nothing."""
    kept: Points = []
    for minute, value in points:
        if kept and kept[-1][0] == minute:
            kept.pop()
        if not kept or kept[-1][1] != value:
            kept.append([minute, value])
    return kept


def _without_any(judged: Evaluation, changes: pd.DataFrame) -> list[Points]:
    """Return for each district how many persons lack a service, whichever it is."""
    import numpy as np

    from lifeline.facilities import FACILITY

    system = judged.problem.system
    services = system.compiled.services
    names = judged.problem.districts.names
    district_of = np.array([names.index(name) for name in system.customers["district"].tolist()], np.intp)
    own = changes if FACILITY not in services else changes[changes["service"] != services.index(FACILITY)]
    lacking = np.zeros((len(district_of), len(services)), np.int64)
    most = np.zeros(len(district_of), np.int64)
    out = np.zeros(len(names), np.int64)
    points: list[Points] = [[[0, 0]] for _ in names]
    for minute, rows in own.groupby("minute"):
        customer = rows["customer"].to_numpy()
        np.add.at(lacking, (customer, rows["service"].to_numpy()), rows["change"].to_numpy())
        touched = np.unique(customer)
        now = lacking[touched].max(axis=1)
        np.add.at(out, district_of[touched], now - most[touched])
        most[touched] = now
        for place in np.unique(district_of[touched]).tolist():
            points[place].append([int(cast("int", minute)), int(out[place])])
    return [_short(mine) for mine in points]


def facilities_over(judged: Evaluation) -> dict[str, Any]:
    """Return the critical customers and facilities, what each lacks when, when it is up; and the buffers of all."""
    from lifeline.added_rows import records_of
    from lifeline.dark_now import Instant
    from lifeline.facilities import FACILITY

    system = judged.problem.system
    compiled = system.compiled
    customers = {str(name): place for place, name in enumerate(compiled.customer_ids)}
    node_of: dict[str, str] = dict(
        system.supplies.loc[system.supplies["service"] == FACILITY, ["customer", "node"]].itertuples(
            index=False
        )
    )
    changes = _changes(judged)
    instant = Instant(judged, 0)
    rows = []
    for about in records_of(system.customers):
        name = about["id"]
        if not about["critical"] and name not in node_of:
            continue
        mine = changes[changes["customer"] == customers.get(name, -1)]
        node = node_of.get(name)
        number = None if node is None else compiled.node_index[node]
        rows.append(
            {
                "customer": name,
                **{key: about[key] for key in ("name", "kind", "district", "persons")},
                "lacks": [
                    {"service": service, "points": _flags(_added_up(mine[mine["service"] == place]))}
                    for place, service in enumerate(compiled.services)
                    if service != FACILITY and (mine["service"] == place).any()
                ],
                "up": None
                if number is None
                else [[minute, int(works)] for minute, works in instant.stories(number)],
                "buffers": [] if number is None else _buffers(instant, number),
            }
        )
    return {"facilities": rows, "buffers": list(_other_buffers(instant, set(node_of.values())))}


def _flags(points: Points) -> Points:
    return _short([[minute, int(persons > 0)] for minute, persons in points])


def _other_buffers(instant: Instant, facilities: set[str]) -> Iterator[dict[str, Any]]:
    """Yield the buffers of components that drain at any time; those of facilities are told with these."""
    compiled = instant.cascade.compiled
    network = compiled.network
    for group in (network.group_buffer > 0).nonzero()[0].tolist():
        component = str(compiled.node_ids[int(network.group_dependent[group])])
        provided = _provided(instant, group)
        if component not in facilities and any(not works for _, works in provided):
            yield {"component": component, **_buffer(instant, group, provided)}


def _buffers(instant: Instant, node: int) -> list[dict[str, Any]]:
    """Return the buffers of a node."""
    network = instant.cascade.compiled.network
    groups = range(network.group_start[node], network.group_start[node + 1])
    return [
        _buffer(instant, group, _provided(instant, group)) for group in groups if network.group_buffer[group]
    ]


def _buffer(instant: Instant, group: int, provided: Story) -> dict[str, Any]:
    """Return how long a group's buffer lasts, and when what it stands in for is there."""
    return {
        "group": instant.name_of(group),
        "minutes": int(instant.cascade.compiled.network.group_buffer[group]),
        "provided": [[minute, int(works)] for minute, works in provided],
    }


def _provided(instant: Instant, group: int) -> Story:
    from lifeline.stories import joined

    network = instant.cascade.compiled.network
    providers = network.provider_node[network.provider_start[group] : network.provider_start[group + 1]]
    return joined([instant.stories(provider) for provider in providers.tolist()], any)
