"""Damage scenarios of interdependent network design files: which nodes and arcs one of them breaks."""

from collections.abc import Iterator
from pathlib import Path

from lifeline.errors import InvalidInput, Problem
from lifeline.importers.foreign import ForeignTable, read_foreign
from lifeline.importers.importer import Report
from lifeline.importers.indp_files import IndpFiles, node_id
from lifeline.nearest import Nearest
from lifeline.tables import SECTORS, Column, Table

_LISTED = 60

SCENARIOS = Table(
    "scenarios.csv",
    "What each scenario breaks: a node (a) or the arc between two nodes (a, b), whichever end comes first.",
    (
        Column("scenario", "text", "Name of the scenario."),
        Column("kind", "text", "What is broken.", choices=("node", "arc")),
        Column("layer", "text", "The network.", choices=SECTORS),
        Column("a", "integer", "The node, or one end of the arc.", minimum=0),
        Column("b", "integer", "The other end of the arc; blank for a node.", required=False, minimum=0),
    ),
    ("scenario", "kind", "layer", "a", "b"),
)


def read_scenario(
    files: IndpFiles, path: Path, scenario: str | None, report: Report
) -> tuple[str, list[str]]:
    """Return the name of a scenario and the ids of what it breaks, sorted.

    Without a name the file must hold exactly one scenario. InvalidInput lists all bad rows of the file.
    """
    table = read_foreign(path, SCENARIOS)
    problems = table.read.problems or _wrong_components(files, table)
    if in_order := sorted(problems, key=lambda problem: problem.row or 0):
        raise InvalidInput.of(in_order, str(path))
    name = chosen_scenario(table.column("scenario"), path, scenario)
    rows = [
        tuple(_components(files, kind, layer, a, b))
        for of_scenario, kind, layer, a, b in _rows(table)
        if of_scenario == name
    ]
    apart = set(rows)
    said = "rows that break what an earlier row broke already (an arc may be named from either end)."
    report.dropped("damage", len(rows) - len(apart), said)
    parallel = sorted(link for found in apart if len(found) > 1 for link in found)
    said = f"a row names the ends of an arc only, so all parallel links are broken: {', '.join(parallel)}."
    report.guessed("damage", len(parallel), said)
    components = sorted({component for found in apart for component in found})
    said = "repair_minutes are blank, for repair_times to give: the files hold costs of repairs, not times."
    report.guessed("damage", len(components), said)
    return name, components


def _rows(table: ForeignTable) -> Iterator[tuple[str, str, str, int, int]]:
    return zip(*(table.column(name) for name in ("scenario", "kind", "layer", "a", "b")), strict=True)


def chosen_scenario(names: list[str], path: Path, wanted: str | None) -> str:
    """Return the scenario that is wanted, or the only one; InvalidInput names those that the file holds."""
    known = sorted(set(names))
    if not known:
        raise InvalidInput(f"{str(path)!r} holds no scenario: it has column names but no rows.")
    if wanted is None and len(known) == 1:
        return known[0]
    if wanted is None:
        more = "" if len(known) <= _LISTED else f" and {len(known) - _LISTED} more"
        raise InvalidInput(
            f"{str(path)!r} holds {len(known)} scenarios; say which one to import: "
            f"{', '.join(known[:_LISTED])}{more}."
        )
    if wanted not in known:
        guess = Nearest(known, cutoff=0.0).to(wanted)
        raise InvalidInput(
            f"{str(path)!r} has no scenario {wanted!r} among its {len(known)}. Did you mean {guess!r}?"
        )
    return wanted


def _components(files: IndpFiles, kind: str, layer: str, a: int, b: int) -> list[str]:
    """Return what a row breaks: a node, or all links between two nodes; nothing when the network has none."""
    if kind == "node":
        return [node_id(layer, a)] if node_id(layer, a) in files.neighbours else []
    return files.links_between.get(frozenset((node_id(layer, a), node_id(layer, b))), [])


def _wrong_components(files: IndpFiles, table: ForeignTable) -> Iterator[Problem]:
    nearest = Nearest(files.node_ids, cutoff=0.0)
    for place, (_, kind, layer, a, b) in enumerate(_rows(table)):
        if kind == "arc" and b < 0:
            yield table.blank(place, "b", "is blank; an arc has two ends.")
        elif kind == "node" and b >= 0:
            yield table.problem(place, "b", "is filled in; a node has only a.")
        elif not _components(files, kind, layer, a, b):
            yield table.problem(
                place, "a", _unknown(files, kind, node_id(layer, a), node_id(layer, b), nearest)
            )


def _unknown(files: IndpFiles, kind: str, a: str, b: str, nearest: Nearest) -> str:
    for node in (a, b)[: 1 if kind == "node" else 2]:
        if node not in files.neighbours:
            return f"{node} is not in {files.nodes.name}. Did you mean {nearest.to(node)!r}?"
    others = ", ".join(sorted(files.neighbours[a])) or "no other node"
    return f"no arc joins {a} and {b}; arcs join {a} to {others}."
