"""Importers of foreign formats, one file each; listing them loads none of them."""

from lifeline.importers.importer import Imported, Importer, Note

IMPORTERS: dict[str, Importer] = {
    "indp": Importer(
        name="indp",
        reads="a folder of interdependent network design files (nodes, arcs, interdependencies as CSV)",
        module="lifeline.importers.indp",
        function="read_indp",
    ),
}

__all__ = ["IMPORTERS", "Imported", "Importer", "Note"]
