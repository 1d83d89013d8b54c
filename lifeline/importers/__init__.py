"""Importers of foreign formats, one file each; listing them loads none of them."""

from collections.abc import Callable

from lifeline.importers.importer import Imported, Importer, Note


def _indp() -> Callable[..., Imported]:
    from lifeline.importers.indp import read_indp

    return read_indp


def _epanet() -> Callable[..., Imported]:
    from lifeline.importers.epanet import read_epanet

    return read_epanet


IMPORTERS: dict[str, Importer] = {
    "indp": Importer(
        name="indp",
        reads="a folder of interdependent network design files (nodes, arcs, interdependencies as CSV)",
        load=_indp,
    ),
    "epanet": Importer(
        name="epanet",
        reads="a water network of EPANET (.inp)",
        load=_epanet,
    ),
}

__all__ = ["IMPORTERS", "Imported", "Importer", "Note"]
