"""Other people's measures of a plan, worked out of the judge's own replay, so that results can be laid side by side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lifeline.evaluation import MINUTES_PER_HOUR
from lifeline.service import COUNTS_NO_FLOW

if TYPE_CHECKING:
    from lifeline.evaluation import Evaluation

INFRARISK_WEIGHTS = {"power": 0.5, "water": 0.5}
"What each sector counts for in the weighted hours of Balakrishnan and Cassottana (2022)."


@dataclass(frozen=True)
class OutageHours:
    """Hours of full outage that are worth as much as the partial ones, for all consumers of one sector.

    `pcs` (prioritized consumer serviceability) weighs each consumer by its demand, `ecs` (equitable) all the same.
    """

    pcs: float
    ecs: float


def equivalent_outage_hours(evaluation: Evaluation) -> dict[str, OutageHours]:
    """Return for each sector the area of 1 - performance over the hours from the shock to the horizon.

    Performance is what is served divided by what was served before the shock: `pcs` of the sums over all consumers,
    `ecs` the mean of the consumers' own ratios, none above 1. Consumers are the nodes with a demand or, in a sector
    without any, the nodes that serve customers, by their persons; who had nothing before the shock is none, who is
    never brought back is one. After Balakrishnan and Cassottana (2022), InfraRisk: an open-source simulation platform
    for resilience analysis in interconnected power-water-transport networks, Sustainable Cities and Society 83:103963.
    """
    hours = _hours_out(evaluation)
    found = {}
    for sector, weight in _consumers(evaluation).items():
        consumers = np.flatnonzero(weight)
        if len(consumers):
            pcs = float((weight[consumers] * hours[consumers]).sum() / weight[consumers].sum())
            found[sector] = OutageHours(pcs, float(hours[consumers].mean()))
    return found


def weighted_outage_hours(
    hours: Mapping[str, OutageHours], weights: Mapping[str, float] = INFRARISK_WEIGHTS
) -> OutageHours | None:
    """Return the sectors' hours times their weights, added up; nothing where a sector of the weights is missing."""
    if not weights.keys() <= hours.keys():
        return None
    return OutageHours(
        sum(weight * hours[sector].pcs for sector, weight in weights.items()),
        sum(weight * hours[sector].ecs for sector, weight in weights.items()),
    )


def _hours_out(evaluation: Evaluation) -> NDArray[np.float64]:
    """Return for each node the area of 1 - level / level before over the hours up to the horizon."""
    before = evaluation.problem.cascade.levels_before.astype(float)
    order = np.argsort(evaluation.levels[:, 1], kind="stable")
    minute, node, level = (evaluation.levels[order, column] for column in range(3))
    served = np.minimum(level / np.maximum(before[node], 1.0), 1.0)
    out = np.where(before[node] > 0, 1.0 - served, 0.0)
    same = np.concatenate([[False], node[1:] == node[:-1]])[: len(node)]
    change = out - np.where(same, np.roll(out, 1), 0.0)
    left = np.maximum(evaluation.problem.horizon_minutes - minute, 0)
    hours = np.zeros(len(before))
    np.add.at(hours, node, change * left / MINUTES_PER_HOUR)
    return hours


def _consumers(evaluation: Evaluation) -> dict[str, NDArray[np.float64]]:
    """Return for each sector what each node drew before the shock; persons served where the sector has no demands."""
    cascade = evaluation.problem.cascade
    nodes, compiled = cascade.system.nodes, cascade.compiled
    before = cascade.levels_before.astype(float)
    demand, sector = np.zeros(len(before)), np.full(len(before), "", object)
    demand[: compiled.node_count] = nodes["demand"].to_numpy(dtype=float)
    sector[: compiled.node_count] = nodes["sector"].to_numpy(dtype=object)
    found = {}
    for name in sorted(set(nodes["sector"])):
        # Where no flow is counted, a level says only whether a node has its demand.
        whole = evaluation.rules.get(name, "connectivity") in COUNTS_NO_FLOW
        drawn = demand * (before > 0) if whole else np.minimum(before, demand)
        weight = np.where(sector == name, drawn, 0.0)
        if not demand[sector == name].any() and name in compiled.services:
            portions = compiled.portions
            of_service = portions.service == compiled.services.index(name)
            np.add.at(weight, portions.node[of_service], cascade.persons_before[of_service])
        found[name] = weight
    return found
