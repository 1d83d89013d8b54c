"""Guesses which node of another sector a node needs: a small table of rules, and the nearest node that works.

A rule says that nodes of some kinds need some sector; the provider is the nearest node of that sector that has
service before the shock, by great-circle distance, ties by id. Every row it makes says `rule` in the column `source` of
dependencies, so that a person can find and correct it.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lifeline.distance import METRES_PER_KM, metres_of_chord, unit_vectors
from lifeline.errors import InvalidInput
from lifeline.importers.importer import Report
from lifeline.system import System
from lifeline.tables import SECTORS

RULE = "rule"
"What the rows made here say in the column `source` of dependencies."

WITHIN_KM = 10.0
"How far a provider may be unless somebody says otherwise."

HOUR = 60

# Chords of the unit sphere: distances that differ by some micrometres are equal.
_SAME_CHORD = 1e-12


@dataclass(frozen=True)
class LinkRule:
    """Nodes of these sectors whose kind holds one of these phrases need a sector, and last so long without it.

    A phrase is found in a kind by whole words, capitals and a plural s apart. `source` says where the buffer is from.
    """

    what: str
    sectors: tuple[str, ...]
    phrases: tuple[str, ...]
    needs: str
    buffer_minutes: int
    source: str

    def covers(self, sector: str, kind: str) -> bool:
        """Tell whether a node of this sector and kind is one the rule is about."""
        words = f" {_words(kind)} "
        return sector in self.sectors and any(f" {_words(phrase)} " in words for phrase in self.phrases)


_BACKUP_POWER = "47 CFR 12.2 (2007), backup power of US carriers"

# A node takes the first rule that covers it and asks for a sector it has no rule for yet.
RULES = (
    LinkRule(
        "pumps, wells and treatment plants",
        ("water",),
        ("pump", "pumping", "booster", "well", "treatment", "desalination"),
        needs="power",
        buffer_minutes=0,
        source="judgement: no diesel; what tanks hold is the network's own",
    ),
    LinkRule(
        "compressors",
        ("gas",),
        ("compressor",),
        needs="power",
        buffer_minutes=0,
        source="judgement: an electric drive (in the US one station in ten: Smillie, Morgan, Apt, 2023); "
        "take the row out where it burns its own gas",
    ),
    LinkRule(
        "regulator stations",
        ("gas",),
        ("regulator", "regulating"),
        needs="power",
        buffer_minutes=12 * HOUR,
        source="judgement: works on by its spring, half a day until somebody has to see to it",
    ),
    LinkRule(
        "exchanges and hubs",
        ("telecom",),
        ("central office", "exchange", "hub", "data centre", "data center", "core"),
        needs="power",
        buffer_minutes=24 * HOUR,
        source=f"{_BACKUP_POWER}: 24 hours inside central offices",
    ),
    LinkRule(
        "masts and cabinets",
        ("telecom",),
        (
            "mast",
            "tower",
            "cell",
            "antenna",
            "base station",
            "microwave",
            "office",
            "cabinet",
            "remote",
            "switch",
        ),
        needs="power",
        buffer_minutes=8 * HOUR,
        source=f"{_BACKUP_POWER}: 8 hours at other places",
    ),
    LinkRule(
        "power plants fired by gas",
        ("power",),
        (
            "gas station",
            "gas plant",
            "gas power",
            "gas turbine",
            "gas engine",
            "gas fired",
            "gas generator",
            "ccgt",
        ),
        needs="gas",
        buffer_minutes=0,
        source="judgement: no second fuel, no storage on site",
    ),
    LinkRule(
        "control centres",
        tuple(sector for sector in SECTORS if sector != "telecom"),
        ("control centre", "control center", "control room", "dispatch centre", "dispatch center", "scada"),
        needs="telecom",
        buffer_minutes=0,
        source="judgement: blind without its lines",
    ),
)


def link_by_nearest(system: System, report: Report, *, within_km: float = WITHIN_KM) -> System:
    """Return the system with a dependency for every node that a rule covers, and tell the report row by row.

    A node that depends on the sector already keeps its own rows and gets none. One without a node of the sector that
    has service within `within_km` is left without, and said to be so.
    """
    if not (math.isfinite(within_km) and within_km > 0):
        raise InvalidInput(f"within_km must be a number of kilometres above 0, got {within_km:g}.")
    taken = _needs_known(system)
    made = []
    for rule in RULES:
        needing = _covered(system, rule, taken)
        if needing.empty:
            continue
        taken.update((node, rule.needs) for node in needing["id"])
        made.append(_linked(system, rule, needing, within_km, report))
    rows = pd.concat(made, ignore_index=True) if made else pd.DataFrame()
    if rows.empty:
        return system
    return system.replace(dependencies=_joined(system.dependencies, rows))


def _words(text: str) -> str:
    return " ".join(word.removesuffix("s") for word in re.findall(r"[^\W_]+", text.casefold()))


def _needs_known(system: System) -> set[tuple[str, str]]:
    """Return the pairs of node and sector for which the dependencies hold a row."""
    sector_of = dict(zip(system.nodes["id"], system.nodes["sector"], strict=True))
    rows = zip(system.dependencies["dependent"], system.dependencies["provider"], strict=True)
    return {(dependent, sector_of[provider]) for dependent, provider in rows}


def _covered(system: System, rule: LinkRule, taken: set[tuple[str, str]]) -> pd.DataFrame:
    """Return the nodes a rule is about that have no provider of the sector yet."""
    of_sector = system.nodes[system.nodes["sector"].isin(rule.sectors)]
    kinds = {
        (sector, kind): rule.covers(sector, kind)
        for sector, kind in set(zip(of_sector["sector"], of_sector["kind"], strict=True))
    }
    columns = zip(of_sector["id"], of_sector["sector"], of_sector["kind"], strict=True)
    wanted = [kinds[sector, kind] and (node, rule.needs) not in taken for node, sector, kind in columns]
    return of_sector[np.array(wanted, bool)]


def _linked(
    system: System, rule: LinkRule, needing: pd.DataFrame, within_km: float, report: Report
) -> pd.DataFrame:
    """Return the rows of one rule; ids in order, as the nodes table has them."""
    providers = _with_service(system, rule.needs)
    need = f"{rule.what} need {rule.needs}"
    if providers.empty:
        said = f"{need}, but no {rule.needs} node has service: left without."
        report.doubtful("dependencies", needing["id"].tolist(), said)
        return pd.DataFrame()
    place, metres = _nearest(needing, providers)
    near = metres <= within_km * METRES_PER_KM
    rows = pd.DataFrame(
        {
            "dependent": needing["id"].to_numpy(dtype=object),
            "provider": providers["id"].to_numpy(dtype=object)[place],
            "km": metres / METRES_PER_KM,
        }
    )
    said = (
        f"{need}: the nearest {rule.needs} node that has service, buffer {rule.buffer_minutes} minutes "
        f"({rule.source})."
    )
    report.guessed("dependencies", _named(rows[near]), said)
    said = f"{need}, but none that has service is within {within_km:g} km: left without."
    report.doubtful("dependencies", _named(rows[~near]), said)
    linked = rows.loc[near, ["dependent", "provider"]]
    return linked.assign(buffer_minutes=rule.buffer_minutes, kind="physical", source=RULE)


def _named(rows: pd.DataFrame) -> list[str]:
    columns = zip(rows["dependent"], rows["provider"], rows["km"], strict=True)
    return [f"{dependent} on {provider}, {km:.2f} km" for dependent, provider, km in columns]


def _with_service(system: System, sector: str) -> pd.DataFrame:
    """Return the nodes of a sector that work before the shock, in order of id."""
    works = system.compiled.before.works[: len(system.nodes)].astype(bool)
    return system.nodes[works & (system.nodes["sector"] == sector).to_numpy(dtype=bool)]


def _nearest(nodes: pd.DataFrame, providers: pd.DataFrame) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return which provider is nearest to each node, the first of several equally near, and how many metres it is."""
    from scipy.spatial import cKDTree

    places = unit_vectors(nodes["longitude"], nodes["latitude"])
    tree = cKDTree(unit_vectors(providers["longitude"], providers["latitude"]))
    chord = np.asarray(tree.query(places)[0], np.float64)
    equally_near = tree.query_ball_point(places, chord + _SAME_CHORD)
    return np.array([min(found) for found in equally_near], np.int64), metres_of_chord(chord)


def _joined(dependencies: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    if dependencies.empty:
        return rows
    # A blank group is the provider's id, here as in a file.
    return pd.concat([dependencies, rows.assign(group=rows["provider"])], ignore_index=True)
