"""Importers of foreign formats, one file each; listing them loads none of them."""

from collections.abc import Callable

from lifeline.importers.importer import Imported, Importer, Note


def _indp() -> Callable[..., Imported]:
    from lifeline.importers.indp import read_indp

    return read_indp


def _pandapower() -> Callable[..., Imported]:
    from lifeline.importers.pandapower import read_pandapower

    return read_pandapower


def _pandapipes() -> Callable[..., Imported]:
    from lifeline.importers.pandapipes import read_pandapipes

    return read_pandapipes


def _matpower() -> Callable[..., Imported]:
    from lifeline.importers.matpower import read_matpower

    return read_matpower


def _epanet() -> Callable[..., Imported]:
    from lifeline.importers.epanet import read_epanet

    return read_epanet


def _tntp() -> Callable[..., Imported]:
    from lifeline.importers.tntp import read_tntp

    return read_tntp


def _layers() -> Callable[..., Imported]:
    from lifeline.importers.layers import read_layers

    return read_layers


def _osm() -> Callable[..., Imported]:
    from lifeline.importers.osm import read_osm

    return read_osm


def _graphml() -> Callable[..., Imported]:
    from lifeline.importers.graphml import read_graphml

    return read_graphml


def _infrarisk() -> Callable[..., Imported]:
    from lifeline.importers.infrarisk import read_infrarisk

    return read_infrarisk


IMPORTERS: dict[str, Importer] = {
    "indp": Importer(
        name="indp",
        reads="a folder of interdependent network design files (nodes, arcs, interdependencies as CSV)",
        load=_indp,
    ),
    "pandapower": Importer(
        name="pandapower",
        reads="a power grid as pandapower's JSON (versions 2 and 3), read as plain data",
        load=_pandapower,
    ),
    "pandapipes": Importer(
        name="pandapipes",
        reads="a gas or water network as pandapipes' JSON, read as plain data",
        load=_pandapipes,
    ),
    "matpower": Importer(
        name="matpower",
        reads="a power grid as a MATPOWER case (.m, format version 2)",
        load=_matpower,
    ),
    "epanet": Importer(
        name="epanet",
        reads="a water network of EPANET (.inp) as it stands at time 0",
        load=_epanet,
    ),
    "tntp": Importer(
        name="tntp",
        reads="roads of a transportation network test problem (a _net.tntp file, with its _node.tntp beside it)",
        load=_tntp,
    ),
    "layers": Importer(
        name="layers",
        reads="map layers: GeoPackage, shapefile, GeoJSON or a folder of them, with a mapping in TOML",
        load=_layers,
    ),
    "osm": Importer(name="osm", reads="roads of an OpenStreetMap extract (.osm.pbf or .osm)", load=_osm),
    "graphml": Importer(
        name="graphml", reads="a graph of streets as OSMnx writes it, or lifeline's own export", load=_graphml
    ),
    "infrarisk": Importer(
        name="infrarisk",
        reads="a folder of an InfraRisk testbed: power, water and roads, coupled, with disruptions",
        load=_infrarisk,
    ),
}

__all__ = ["IMPORTERS", "Imported", "Importer", "Note"]
