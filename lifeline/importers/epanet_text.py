"""The text of an EPANET network file: its sections, and what is wrong with the rows, told by line.

The layout is that of the EPANET 2.2 User Manual (Rossman and others 2020, EPA/600/R-20/133), appendix C. WNTR, which
gives the rows their meaning, lets repeated names and numbers such as NaN pass and names no line in most of its errors.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from lifeline.errors import InvalidInput, Problem

MOST_BYTES = 30_000_000
"The largest published networks take a few million; WNTR reads about one million a second."
MOST_PROBLEMS = 1000
"What is not such a file at all has a problem in every row."
UNITS = ("CFS", "GPM", "MGD", "IMGD", "AFD", "LPS", "LPM", "MLD", "CMH", "CMD")
LONGEST_NAME = 31  # EPANET's own limit


@dataclass(frozen=True)
class Line:
    """One row of a section: its number in the file, and its words up to the comment."""

    number: int
    words: tuple[str, ...]

    def __str__(self) -> str:
        """Return the row as a reader of the file would look for it."""
        return f"row {self.number}: {' '.join(self.words)}"


@dataclass(frozen=True, eq=False)
class InpText:
    """An EPANET file as text, and its rows by section (`PIPES` and so on)."""

    path: Path
    text: str
    sections: Mapping[str, tuple[Line, ...]]
    encoding: str

    @property
    def name(self) -> str:
        """The name of the file."""
        return self.path.name

    def in_order(self) -> str:
        """Return the text with the rows of the network in order of their names, so that their order cannot matter."""
        parts = []
        for section, lines in self.sections.items():
            named = section in LAYOUTS and LAYOUTS[section].names
            ordered = sorted(lines, key=lambda line: line.words) if named else lines
            parts += [f"[{section}]", *(" ".join(line.words) for line in ordered)]
        return "\n".join([*parts, "[END]", ""])


@dataclass(frozen=True)
class Layout:
    """What the words of a section's rows are: the columns that must be there, the numbers, the names of nodes."""

    columns: tuple[str, ...]
    least: int
    numbers: tuple[int, ...]
    nodes: tuple[int, ...] = ()
    names: str = ""
    pattern: int | None = None


LAYOUTS = {
    "JUNCTIONS": Layout(("id", "elevation", "demand", "pattern"), 2, (1, 2), names="nodes", pattern=3),
    "RESERVOIRS": Layout(("id", "head", "pattern"), 2, (1,), names="nodes", pattern=2),
    "TANKS": Layout(
        ("id", "elevation", "initial level", "minimum level", "maximum level", "diameter", "minimum volume"),
        6,
        (1, 2, 3, 4, 5, 6),
        names="nodes",
    ),
    "PIPES": Layout(
        ("id", "node 1", "node 2", "length", "diameter", "roughness", "minor loss", "status"),
        6,
        (3, 4, 5, 6),
        (1, 2),
        "links",
    ),
    "PUMPS": Layout(("id", "node 1", "node 2", "keyword", "value"), 5, (), (1, 2), "links"),
    "VALVES": Layout(
        ("id", "node 1", "node 2", "diameter", "type", "setting", "minor loss"), 6, (3, 6), (1, 2), "links"
    ),
    "COORDINATES": Layout(("node", "x", "y"), 3, (1, 2), (0,)),
    "DEMANDS": Layout(("node", "demand", "pattern"), 2, (1,), (0,), pattern=2),
    "EMITTERS": Layout(("node", "coefficient"), 2, (1,), (0,)),
    "CURVES": Layout(("curve", "x", "y"), 3, (1, 2)),
}
"The sections whose rows are looked at before WNTR gets them."

_OTHERS = (
    *(
        "TITLE",
        "STATUS",
        "PATTERNS",
        "CONTROLS",
        "RULES",
        "ENERGY",
        "QUALITY",
        "REACTIONS",
        "SOURCES",
        "MIXING",
    ),
    *("OPTIONS", "TIMES", "REPORT", "VERTICES", "LABELS", "BACKDROP", "TAGS"),
)
_SPELLINGS = {
    spelling: name for name in (*LAYOUTS, *_OTHERS) for spelling in (name, name.removesuffix("S"), f"{name}S")
}


def read_inp(path: Path) -> InpText:
    """Read an EPANET file as text; one InvalidInput lists every row that cannot be right."""
    text, encoding = _text_of(path)
    problems: list[Problem] = []
    inp = InpText(path, text, _sections_of(path.name, text, problems), encoding)
    if not problems and not inp.sections:
        raise InvalidInput(
            f"{str(path)!r} has no sections such as [JUNCTIONS]: it is no EPANET network file."
        )
    found = (problem for rule in RULES for problem in rule(inp))
    problems += islice(found, max(0, MOST_PROBLEMS - len(problems)))
    if problems:
        raise InvalidInput.of(sorted(problems, key=lambda problem: problem.row or 0), f"{str(path)!r}")
    return inp


def _text_of(path: Path) -> tuple[str, str]:
    """Return the text of the file and how it was encoded."""
    try:
        size = path.stat().st_size
        if size > MOST_BYTES:
            raise InvalidInput(
                f"{str(path)!r} has {size:,} bytes; an EPANET file of more than {MOST_BYTES:,} is not read."
            )
        data = path.read_bytes()
    except FileNotFoundError:
        raise InvalidInput(f"There is no file {str(path)!r}.") from None
    except OSError as trouble:
        raise InvalidInput(f"{str(path)!r} cannot be read: {trouble.strerror or trouble}.") from None
    if b"\0" in data:
        raise InvalidInput(
            f"{str(path)!r} is no text. EPANET's own .net files and UTF-16 are not read: "
            "export the network (File > Export > Network) and save it as UTF-8."
        )
    try:
        return data.decode("utf-8-sig"), "UTF-8"
    except UnicodeDecodeError:
        return data.decode("latin-1"), "Latin-1"


def _sections_of(name: str, text: str, problems: list[Problem]) -> dict[str, tuple[Line, ...]]:
    sections: dict[str, list[Line]] = {}
    section: str | None = None
    for number, line in enumerate(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), 1):
        words = tuple(line.split(";", 1)[0].split())
        if not words:
            continue
        if words[0].startswith("["):
            title = words[0].strip("[]").upper()
            if title == "END":
                break
            section = _SPELLINGS.get(title)
            if section is None:
                if len(problems) == MOST_PROBLEMS:
                    break
                problems.append(
                    Problem(name, number, None, words[0], "is no section of an EPANET file; remove it.")
                )
                section = title
            sections.setdefault(section, [])
        elif section is None:
            message = "stands before the first section, such as [JUNCTIONS]. Is this an EPANET network file?"
            problems.append(Problem(name, number, None, words[0], message))
            break
        else:
            sections[section].append(Line(number, words))
    return {section: tuple(lines) for section, lines in sections.items()}


def _rows(inp: InpText) -> Iterator[tuple[str, Layout, Line]]:
    for section, layout in LAYOUTS.items():
        for line in inp.sections.get(section, ()):
            yield section, layout, line


def _problem(inp: InpText, section: str, line: Line, place: int | None, message: str) -> Problem:
    table = f"{inp.name} [{section}]"
    if place is None:
        return Problem(table, line.number, None, " ".join(line.words), message)
    return Problem(table, line.number, LAYOUTS[section].columns[place], line.words[place], message)


def rows_are_whole(inp: InpText) -> Iterator[Problem]:
    """Each row has the columns that it cannot do without."""
    for section, layout, line in _rows(inp):
        if len(line.words) < layout.least:
            needed = ", ".join(layout.columns[: layout.least])
            yield _problem(inp, section, line, None, f"is too short; the row needs {needed}.")


def numbers_are_numbers(inp: InpText) -> Iterator[Problem]:
    """Whatever is measured is a finite number."""
    for section, layout, line in _rows(inp):
        for place in layout.numbers:
            if place < len(line.words) and not _is_finite(line.words[place]):
                yield _problem(inp, section, line, place, "is not a finite number.")
    for line in inp.sections.get("PATTERNS", ()):
        for word in line.words[1:]:
            if not _is_finite(word):
                yield Problem(f"{inp.name} [PATTERNS]", line.number, None, word, "is not a finite number.")


def _is_finite(word: str) -> bool:
    try:
        return math.isfinite(float(word))
    except ValueError:
        return False


def names_differ(inp: InpText) -> Iterator[Problem]:
    """No two nodes, and no two links, have the same name; none is longer than EPANET allows."""
    first: dict[tuple[str, str], int] = {}
    for section, layout, line in _rows(inp):
        if not layout.names:
            continue
        row = first.setdefault((layout.names, line.words[0]), line.number)
        if row != line.number:
            yield _problem(inp, section, line, 0, f"repeats the name of row {row}; give it its own.")
        if len(line.words[0]) > LONGEST_NAME:
            yield _problem(
                inp, section, line, 0, f"is longer than {LONGEST_NAME} characters, EPANET's limit."
            )


def nodes_are_known(inp: InpText) -> Iterator[Problem]:
    """Every node that a row points at exists, and no link runs from a node to itself."""
    known = {line.words[0] for _, layout, line in _rows(inp) if layout.names == "nodes"}
    for section, layout, line in _rows(inp):
        ends = [place for place in layout.nodes if place < len(line.words)]
        for place in ends:
            if line.words[place] not in known:
                yield _problem(inp, section, line, place, "is no junction, reservoir or tank of the file.")
        if len(ends) == 2 and line.words[1] == line.words[2]:
            yield _problem(inp, section, line, 2, "is node 1 too; a link joins two different nodes.")


def patterns_are_known(inp: InpText) -> Iterator[Problem]:
    """Every pattern that a row names exists."""
    known = {line.words[0] for line in inp.sections.get("PATTERNS", ())}
    for section, layout, line in _rows(inp):
        place = layout.pattern
        if place is not None and place < len(line.words) and line.words[place] not in known:
            yield _problem(inp, section, line, place, "is no pattern of the file.")


def units_are_known(inp: InpText) -> Iterator[Problem]:
    """The file says in what units it is."""
    given = [line for line in inp.sections.get("OPTIONS", ()) if line.words[0].upper() == "UNITS"]
    table = f"{inp.name} [OPTIONS]"
    if not given:
        yield Problem(table, None, "Units", None, f"is missing; write one of {', '.join(UNITS)}.")
    for line in given:
        unit = line.words[1] if len(line.words) > 1 else ""
        if unit.upper() not in UNITS:
            yield Problem(
                table, line.number, "Units", unit, f"is no unit of flow; write one of {', '.join(UNITS)}."
            )


def water_comes_from_somewhere(inp: InpText) -> Iterator[Problem]:
    """There are nodes, and one of them is a reservoir or tank."""
    if not any(inp.sections.get(section) for section in ("RESERVOIRS", "TANKS")):
        yield Problem(inp.name, None, None, None, "has no reservoir and no tank, where the water comes from.")


RULES = (
    water_comes_from_somewhere,
    units_are_known,
    rows_are_whole,
    numbers_are_numbers,
    names_differ,
    nodes_are_known,
    patterns_are_known,
)
