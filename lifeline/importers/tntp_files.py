"""The files of a transportation network test problem (TNTP): meaning of the columns, and units where they are said.

Layout: README of the repository TransportationNetworks (Transportation Networks for Research Core Team). Metadata in
`<...>`, comments behind `~`, rows that end in `;`, columns in a fixed order. Units are not fixed; some files name
them in the header.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lifeline.errors import InvalidInput, Problem
from lifeline.importers.foreign import ForeignTable
from lifeline.importers.streets import KMH_PER_MPH, MOST_ROADS_AT_A_NODE
from lifeline.sheets import Sheet, tidy
from lifeline.tables import Column, Table

ENDS = ("init node", "term node")
SAME = ("capacity", "length", "free flow time", "b", "power", "speed", "toll", "type")
"What two links in opposite directions have to agree in to be one road."

KM_PER_UNIT = {"km": 1.0, "miles": KMH_PER_MPH, "m": 0.001, "feet": 0.0003048}
"The units of length that are met in these files; the international foot is 0.3048 m."

MINUTES_PER_UNIT = {"minutes": 1.0, "hours": 60.0, "seconds": 1 / 60}

_LONGEST_LINE = 65_536
_FEWEST_COLUMNS = 5
_NAMES = {
    "init node": ("initnode", "init", "tail", "tailnode", "from", "fromnode"),
    "term node": ("termnode", "term", "head", "headnode", "to", "tonode"),
    "capacity": ("capacity",),
    "length": ("length",),
    "free flow time": ("freeflowtime", "fftt", "fft", "ftime"),
    "b": ("b",),
    "power": ("power",),
    "speed": ("speed", "speedlimit"),
    "toll": ("toll",),
    "type": ("type", "linktype"),
    "id": ("id", "linkid"),
}
_UNITS = {
    "km": ("km", "kilometers", "kilometres"),
    "miles": ("mi", "mile", "miles"),
    "m": ("m", "meters", "metres"),
    "feet": ("ft", "feet"),
    "minutes": ("min", "mins", "minutes"),
    "hours": ("h", "hr", "hours"),
    "seconds": ("s", "sec", "seconds"),
}


def _amount(name: str, meaning: str, unit: str = "", *, required: bool = False) -> Column:
    return Column(name, "number", meaning, unit, required, None if required else 0.0, 0, 1e12)


NET = Table(
    "net",
    "Directed links.",
    (
        Column("init node", "text", "Where the link begins."),
        Column("term node", "text", "Where it ends."),
        _amount(
            "capacity",
            "Vehicles that can pass in the unit of time of the file, mostly an hour.",
            required=True,
        ),
        _amount("length", "Length, in a unit of the file's own.", required=True),
        _amount("free flow time", "Time on an empty road.", "minutes", required=True),
        _amount("b", "Factor of the volume-delay function."),
        _amount("power", "Exponent of the volume-delay function."),
        _amount("speed", "Speed or speed limit; its meaning and unit differ."),
        _amount("toll", "Toll."),
        Column("type", "text", "Type of the link, in a code of the file's own.", required=False, default=""),
        Column("id", "text", "Name of the link, in files that have one.", required=False, default=""),
    ),
    ("init node", "term node", "id"),
)
NODE = Table(
    "node",
    "Places of the nodes.",
    (
        Column("node", "text", "Name of the node.", is_id=True),
        Column("x", "number", "East, in a coordinate reference system the file does not name."),
        Column("y", "number", "North."),
    ),
    ("node",),
)


@dataclass(frozen=True, eq=False)
class TntpFiles:
    """Both files of a network; `nodes` is None where there is no node file.

    `length_unit` and `time_unit` are those of the header, blank where it says none. `first_thru_node` is the number
    below which nodes are zones that traffic may not pass through, `said_links` how many links the file says it has;
    None where that is no number. `repeated` are the names of links whose row is there twice, of which one is read.
    """

    net: Path
    links: ForeignTable
    nodes: ForeignTable | None
    length_unit: str
    time_unit: str
    first_thru_node: int | None
    said_links: int | None
    repeated: tuple[str, ...]


def read_tntp_files(path: Path) -> TntpFiles:
    """Read a net file and the node file beside it; one InvalidInput lists every bad row of both."""
    net, node = _paths(path)
    lines, metadata, header = _lines_of(net)
    order, length_unit, time_unit = _columns(header)
    lines, repeated = _each_once(lines, order)
    links = _table(net, NET, lines, order)
    nodes = None
    if node is not None:
        rows, _, _ = _lines_of(node)
        # The header has no mark in node files: it is the line whose second word is no number.
        rows = [row for row in rows if not (len(row[1]) > 1 and row[1][1].lower() == "x")]
        nodes = _table(node, NODE, rows, NODE.column_names)
    problems = [
        *links.read.problems,
        *(() if nodes is None else (*nodes.read.problems, *nodes.repeated_rows())),
    ]
    if not problems and nodes is not None:
        problems = _unknown_ends(links, nodes)
    if problems:
        raise InvalidInput.of(problems, str(path))
    if not len(links.read.rows):
        raise InvalidInput(f"{str(net)!r} has no links.")
    thru, said_links = (_number_of(metadata.get(key, "")) for key in ("FIRST THRU NODE", "NUMBER OF LINKS"))
    return TntpFiles(net, links, nodes, length_unit, time_unit, thru, said_links, repeated)


def _number_of(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) < 10 else None


def _paths(path: Path) -> tuple[Path, Path | None]:
    """Return the net file and the node file, None where there is none."""
    if path.is_dir():
        nets = sorted(entry for entry in path.iterdir() if entry.name.lower().endswith("_net.tntp"))
        if len(nets) != 1:
            found = "no file" if not nets else f"{len(nets)} files"
            raise InvalidInput(f"{str(path)!r} holds {found} called ..._net.tntp; give the path of one.")
        net = nets[0]
    elif path.is_file():
        net = path
    else:
        raise InvalidInput(f"There is no file or folder {str(path)!r}.")
    wanted = net.name.lower().replace("_net.tntp", "_node.tntp")
    nodes = [entry for entry in sorted(net.parent.iterdir()) if entry.name.lower() == wanted and entry != net]
    return net, nodes[0] if nodes else None


Row = tuple[int, list[str]]


def _lines_of(path: Path) -> tuple[list[Row], dict[str, str], str]:
    """Return the rows with their line numbers, the metadata, and the last comment, which is the header."""
    rows: list[Row] = []
    metadata: dict[str, str] = {}
    header = original = ""
    uses: Counter[str] = Counter()
    for number, line in enumerate(_text_lines(path), 1):
        text = line.strip()
        if text.startswith("<"):
            key, _, value = text[1:].partition(">")
            metadata[key.strip().upper()[:100]] = value.strip()
            original = value if key.strip().upper() == "ORIGINAL HEADER" else original
        elif text.startswith("~"):
            header = text[1:]
        elif text and text != ";":
            cells = text.rstrip("; \t").split()
            rows.append((number, cells))
            for end in cells[:2]:
                uses[end] += 1
                # Each road both ways is two links.
                if uses[end] > 2 * MOST_ROADS_AT_A_NODE:
                    raise InvalidInput(
                        f"{path.name}, line {number}: more than {2 * MOST_ROADS_AT_A_NODE:,} links meet in node "
                        f"{end[:80]!r}; no crossing has so many, the file is broken."
                    )
    # The original header of a file that was put in order is the one that names units.
    return rows, metadata, header if "(" in header or "(" not in original else f"{header}\n{original}"


def _each_once(rows: list[Row], order: Sequence[str]) -> tuple[list[Row], tuple[str, ...]]:
    """Leave out rows that repeat another word for word, its name included; without names they are parallel roads."""
    if "id" not in order:
        return rows, ()
    place = order.index("id")
    seen: dict[tuple[str, ...], int] = {}
    for number, cells in rows:
        seen.setdefault(tuple(cells), number)
    again = {number for number, cells in rows if len(cells) > place and seen[tuple(cells)] != number}
    names = sorted(cells[place] for number, cells in rows if number in again)
    return [row for row in rows if row[0] not in again], tuple(names)


def _text_lines(path: Path) -> Iterator[str]:
    number = 0
    try:
        with path.open("rb") as file:
            while line := file.readline(_LONGEST_LINE):
                number += 1
                if len(line) == _LONGEST_LINE or b"\x00" in line:
                    raise InvalidInput(f"{str(path)!r} is no TNTP file: line {number} is not a line of text.")
                yield line.decode("utf-8-sig" if number == 1 else "utf-8")
    except UnicodeDecodeError:
        raise InvalidInput(f"{str(path)!r}, line {number}: is not UTF-8; save the file as UTF-8.") from None
    except OSError as trouble:
        raise InvalidInput(f"{str(path)!r} cannot be read: {trouble.strerror or trouble}.") from trouble


def _columns(header: str) -> tuple[Sequence[str], str, str]:
    """Return the names of the columns in their order, and the units of length and of time, blank if not said."""
    named, units = header.split("\n")[0], header.split("\n")[-1]
    order = [_column_of(cell) for cell in named.split("\t") if cell.strip(" ;")]
    if len(set(order) - {""}) < _FEWEST_COLUMNS or not set(NET.column_names[:_FEWEST_COLUMNS]) <= set(order):
        # The order of the format, in which a file without a header that can be read has its columns.
        order = list(NET.column_names[:-1])
    return order, _unit_of(units, "length", KM_PER_UNIT), _unit_of(units, "free flow time", MINUTES_PER_UNIT)


def _column_of(cell: str) -> str:
    letters = re.sub(r"\(.*|[^a-z]", "", cell.lower())
    return next((name for name, spellings in _NAMES.items() if letters in spellings), "")


def _unit_of(header: str, column: str, units: dict[str, float]) -> str:
    for cell in header[:2000].split("\t"):
        said = re.search(r"\(([a-z]+)\)", cell.lower())
        if said and _column_of(cell) == column:
            return next((unit for unit in units if said[1] in _UNITS[unit]), "")
    return ""


def _table(path: Path, table: Table, rows: list[Row], order: Sequence[str]) -> ForeignTable:
    """Read rows of words as a table, with the line of the file as the row."""
    named = Table(path.name, table.meaning, table.columns, table.key)
    least = 1 + max(order.index(column.name) for column in table.columns if column.required)
    problems = [
        Problem(
            path.name,
            line,
            None,
            " ".join(cells),
            f"has {len(cells)} values where at least {least} are needed.",
        )
        for line, cells in rows
        if len(cells) < least
    ]
    whole = [(line, cells) for line, cells in rows if len(cells) >= least]
    columns = {
        name: np.array([cells[place] if place < len(cells) else "" for _, cells in whole] + [None], object)[
            :-1
        ]
        for place, name in enumerate(order)
        if name in table.column_names
    }
    lines = np.array([line for line, _ in whole], dtype=np.int64)
    return ForeignTable(tidy(named, Sheet(columns, lines, tuple(problems), not problems)), tuple(columns))


def _unknown_ends(links: ForeignTable, nodes: ForeignTable) -> list[Problem]:
    known = set(nodes.column("node"))
    return [
        links.problem(row, end, f"is no node of {nodes.name}.")
        for end in ENDS
        for row, node in enumerate(links.column(end))
        if node not in known
    ]
