"""Exporters to foreign formats, one file each, by the ending of the file; listing them loads none of them."""

from collections.abc import Callable
from pathlib import Path

from lifeline.exporters.exporter import Exporter
from lifeline.system import System

Write = Callable[[System, Path], tuple[str, ...]]


def _geopackage() -> Write:
    from lifeline.exporters.geopackage import write_geopackage

    return write_geopackage


def _graphml() -> Write:
    from lifeline.exporters.graphml import write_graphml

    return write_graphml


EXPORTERS: dict[str, Exporter] = {
    ".gpkg": Exporter("a GeoPackage with a layer for each table, all of the system", _geopackage),
    ".graphml": Exporter("the graph of nodes, links, dependencies, customers and supplies", _graphml),
}

__all__ = ["EXPORTERS", "Exporter"]
