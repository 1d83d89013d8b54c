"""Reads and writes a system: a folder or zip of one CSV for each table and a `system.toml`, or one JSON file.

Units and coordinates need no converting here: the format is in the units of `tables.py` (WGS84 degrees, km,
minutes); foreign formats are converted once, in `lifeline.importers`.
"""

import dataclasses
import json
import os
import secrets
import shutil
import stat
import tomllib
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from lifeline.csv_tables import csv_text, decoded, sheet_from_csv
from lifeline.errors import InvalidInput, Problem
from lifeline.json_tables import checked_system, system_from_json, system_to_json
from lifeline.nearest import Nearest
from lifeline.sheets import Rows, Sheet, sheet_of, tidy
from lifeline.system import Settings, System
from lifeline.tables import TABLES

SETTINGS_FILE = "system.toml"
FILE_NAMES = (SETTINGS_FILE, *(f"{name}.csv" for name in TABLES))

# A zip that claims more than this is a mistake or an attack; 1,000,000 nodes and links are about 0.2 GB.
MOST_ZIP_ENTRIES = 1000
MOST_ZIP_BYTES = 256 * 1024**2
MOST_ZIP_RATIO = 100
_RATIO_MATTERS_ABOVE = 1024**2

# The end of a zip: a mark, and 12 bytes on the length of the list of its files (PKWARE, APPNOTE 4.3.16).
_END_OF_ZIP, _LONGEST_END = b"PK\x05\x06", 22 + 2**16
_LIST_BYTES = slice(12, 16)
_MOST_BYTES_PER_ENTRY = 1000


def read_system(path: str | Path) -> System:
    """Read a system from a folder, a .zip or a .json; one InvalidInput lists all that is wrong with it."""
    path = Path(path)
    if path.is_dir():
        return _system_of_parts(_folder_parts(path), str(path))
    suffix = path.suffix.lower()
    if suffix == ".zip":
        return _system_of_parts(_zip_parts(path), str(path))
    if suffix == ".json":
        return system_from_json(_bytes_of(path), where=str(path))
    if not path.exists():
        raise InvalidInput(f"There is no file or folder {str(path)!r}.")
    raise InvalidInput(f"{str(path)!r} is no system: give a folder of CSV files, a .zip of one, or a .json.")


def write_system(system: System, path: str | Path) -> None:
    """Write a system to a .zip, a .json or, whatever else the name, a folder.

    The same system gives the same bytes. Files appear whole or not at all. Other files in a folder that is
    already there are left alone.
    """
    path = Path(path)
    write = {".zip": _write_zip, ".json": _write_json}.get(path.suffix.lower(), _write_folder)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write(system, path)
    except OSError as trouble:
        raise InvalidInput(f"{str(path)!r} cannot be written: {trouble.strerror or trouble}.") from trouble


def with_tables(
    system: System, files: Mapping[str, str | Path], *, settings: Settings | None = None
) -> System:
    """Return the system with tables exchanged for CSV files (table name -> path), and its settings if given.

    New crews keep the shifts that the system has for them, unless shifts are given too. One InvalidInput lists
    every bad row of all the files, file by file, with the name of the file where others name the table.
    """
    tables: dict[str, Rows] = {name: _sheet_of_file(Path(path), name) for name, path in files.items()}
    if "crews" in files and "shifts" not in files:
        crews = tidy(TABLES["crews"], sheet_of(TABLES["crews"], tables["crews"]))
        tables["shifts"] = system.shifts[system.shifts["crew"].isin(crews.values("id"))]
    try:
        return system.replace(settings=settings, **tables)
    except InvalidInput as bad:
        named = [
            dataclasses.replace(problem, table=str(files.get(problem.table, problem.table)))
            for problem in bad.problems
        ]
        raise InvalidInput.of(
            named, " and ".join(dict.fromkeys(problem.table for problem in named))
        ) from None


def _sheet_of_file(path: Path, table_name: str) -> Sheet:
    """Read one CSV file; one that cannot be read is told of with the bad rows of the others."""
    try:
        return sheet_from_csv(TABLES[table_name], path.read_bytes())
    except OSError as trouble:
        reason = trouble.strerror or str(trouble)
        problem = Problem(table_name, None, None, None, f"cannot be read: {reason}.")
        return Sheet({}, np.empty(0, np.int64), (problem,), whole=False)


def _system_of_parts(parts: Mapping[str, bytes], where: str) -> System:
    """Make the files of a folder or zip, by name, a System."""
    tables = {
        name: sheet_from_csv(table, parts[f"{name}.csv"])
        for name, table in TABLES.items()
        if f"{name}.csv" in parts
    }
    settings, problems = _settings_of_toml(parts.get(SETTINGS_FILE, b""))
    problems += _misspelt(parts)
    return checked_system(tables, settings, where=where, problems=problems, settings_name=SETTINGS_FILE)


def _misspelt(names: Iterable[str]) -> list[Problem]:
    """Name files that look like a file of the format which is not there; any other file may lie beside."""
    stems = {name.rpartition(".")[0]: name for name in FILE_NAMES if name not in names}
    nearest = Nearest(stems, cutoff=0.7)
    problems = []
    for name in names:
        stem, _, suffix = name.rpartition(".")
        guess = nearest.to(stem) if name not in FILE_NAMES and suffix.lower() in ("csv", "toml") else None
        if guess is not None and stems[guess].endswith(suffix.lower()):
            message = (
                f"is no file of the format. Did you mean {stems[guess]!r}? Otherwise give it another name."
            )
            problems.append(Problem(name, None, None, None, message))
    return problems


def _settings_of_toml(data: bytes) -> tuple[dict[str, Any], list[Problem]]:
    text, problems = decoded(SETTINGS_FILE, data)
    if problems:
        return {}, problems
    try:
        settings = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError, ValueError) as trouble:
        return {}, [Problem(SETTINGS_FILE, None, None, None, f"is not TOML: {trouble}.")]
    if isinstance(settings.get("start"), datetime):
        # TOML has times of its own: start = 2026-01-01T00:00:00+00:00 needs no quotes.
        settings["start"] = settings["start"].isoformat()
    return settings, []


def _toml_of(settings: Settings) -> str:
    lines = []
    for key, value in dataclasses.asdict(settings).items():
        if value is not None:
            # TOML's strings are JSON's, but for one character.
            lines.append(f"{key} = {json.dumps(value, ensure_ascii=False)}".replace("\x7f", "\\u007f"))
    return "\n".join(lines) + "\n"


def _folder_parts(folder: Path) -> dict[str, bytes]:
    """Read the files of the format; of others, which are not ours to read, only the names are returned."""
    names = sorted(entry.name for entry in _entries(folder) if not entry.name.startswith("."))
    return {name: _bytes_of(folder / name) if name in FILE_NAMES else b"" for name in names}


def _entries(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError as trouble:
        raise InvalidInput(f"{str(folder)!r} cannot be read: {trouble.strerror or trouble}.") from trouble


def _bytes_of(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as trouble:
        raise InvalidInput(f"{str(path)!r} cannot be read: {trouble.strerror or trouble}.") from trouble


def _zip_parts(path: Path) -> dict[str, bytes]:
    """Read the files of the format out of a zip, in memory: nothing of it is ever unpacked to disk."""
    data = _bytes_of(path)
    _refuse_long_list(data, path)
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            entries = [entry for entry in archive.infolist() if not _is_ignored(entry)]
            problems = _zip_problems(entries)
            if problems:
                raise InvalidInput.of(problems, str(path))
            root = _root_of(entries, path)
            inside = {
                PurePosixPath(entry.filename).name: entry for entry in entries if _parent(entry) == root
            }
            return {
                name: archive.read(entry) if name in FILE_NAMES else b"" for name, entry in inside.items()
            }
    except (
        zipfile.BadZipFile,
        zlib.error,
        NotImplementedError,
        RuntimeError,
        EOFError,
        ValueError,
    ) as trouble:
        raise InvalidInput(f"{str(path)!r} cannot be read as a zip: {trouble}.") from trouble


def _refuse_long_list(data: bytes, path: Path) -> None:
    """Refuse a zip by the length of its list of files, before the list is read entry by entry."""
    end = data[-_LONGEST_END:]
    place = end.rfind(_END_OF_ZIP)
    listed = int.from_bytes(end[place:][_LIST_BYTES], "little") if place >= 0 else 0
    if listed > MOST_ZIP_ENTRIES * _MOST_BYTES_PER_ENTRY:
        raise InvalidInput.of(
            [
                Problem(
                    "zip", None, None, None, f"has more files than {MOST_ZIP_ENTRIES}; pack only the system."
                )
            ],
            str(path),
        )


def _is_ignored(entry: zipfile.ZipInfo) -> bool:
    # Folders, and what macOS adds to every zip.
    return (
        entry.is_dir()
        or any(part.startswith(".") and part != ".." for part in entry.filename.split("/"))
        or (entry.filename.startswith("__MACOSX/"))
    )


def _zip_problems(entries: list[zipfile.ZipInfo]) -> list[Problem]:
    if len(entries) > MOST_ZIP_ENTRIES:
        return [Problem("zip", None, None, None, f"has {len(entries)} files, above {MOST_ZIP_ENTRIES}.")]
    problems = [
        Problem(name, None, None, None, "is in the zip twice; keep one.")
        for name, times in Counter(entry.filename for entry in entries).items()
        if times > 1
    ]
    if sum(entry.file_size for entry in entries) > MOST_ZIP_BYTES:
        problems.append(Problem("zip", None, None, None, f"unpacks to more than {MOST_ZIP_BYTES:,} bytes."))
    for entry in entries:
        parts = entry.filename.split("/")
        if ".." in parts or entry.filename.startswith("/") or ":" in parts[0]:
            problems.append(Problem(entry.filename, None, None, None, "points out of the zip; take it out."))
        elif entry.flag_bits & 1:
            problems.append(Problem(entry.filename, None, None, None, "is locked by a password; unlock it."))
        elif entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            problems.append(
                Problem(entry.filename, None, None, None, "is packed in an odd way; use deflate.")
            )
        elif stat.S_ISLNK(entry.external_attr >> 16):
            problems.append(
                Problem(entry.filename, None, None, None, "is a symbolic link; put the file itself in.")
            )
        elif entry.file_size > max(_RATIO_MATTERS_ABOVE, MOST_ZIP_RATIO * entry.compress_size):
            message = (
                f"unpacks to more than {MOST_ZIP_RATIO} times its size; pack it anew if it is no mistake."
            )
            problems.append(Problem(entry.filename, None, None, None, message))
    return problems


def _root_of(entries: list[zipfile.ZipInfo], path: Path) -> PurePosixPath:
    """Return the folder inside the zip that holds the system: zipping a folder usually keeps its name."""
    roots = {_parent(entry) for entry in entries if PurePosixPath(entry.filename).name in FILE_NAMES}
    if len(roots) > 1:
        folders = ", ".join(sorted(map(str, roots)))
        raise InvalidInput(
            f"{str(path)!r} holds files of a system in several folders ({folders}); give one of them."
        )
    return roots.pop() if roots else PurePosixPath(".")


def _parent(entry: zipfile.ZipInfo) -> PurePosixPath:
    return PurePosixPath(entry.filename).parent


def _parts_of(system: System) -> dict[str, bytes]:
    """Return the files of a system; empty tables that every system has are written too, as a header to fill in."""
    tables = {
        f"{name}.csv": csv_text(TABLES[name], frame).encode()
        for name, frame in system.tables.items()
        if len(frame) or not TABLES[name].if_used
    }
    return {SETTINGS_FILE: _toml_of(system.settings).encode(), **tables}


def _write_json(system: System, path: Path) -> None:
    _put(path, system_to_json(system).encode())


def _write_zip(system: System, path: Path) -> None:
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, data in _parts_of(system).items():
            # A fixed date and system, so that the bytes depend on the system alone.
            entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            entry.create_system = 3
            entry.external_attr = (stat.S_IFREG | 0o644) << 16
            archive.writestr(entry, data, compress_type=zipfile.ZIP_DEFLATED, compresslevel=6)
    _put(path, packed.getvalue())


def _put(path: Path, data: bytes) -> None:
    """Write a file beside its place, then move it there in one step."""
    beside = _beside(path)
    try:
        with beside.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def _write_folder(system: System, folder: Path) -> None:
    """Write all files into a folder beside, then move them to their place.

    A folder that is already there lacks its nodes.csv in the meantime: whoever reads it then is told so, and
    never gets half of the old system and half of the new.
    """
    beside = _beside(folder)
    beside.mkdir()
    try:
        parts = _parts_of(system)
        for name, data in parts.items():
            _put(beside / name, data)
        if not folder.exists():
            beside.rename(folder)
            return
        (folder / "nodes.csv").unlink(missing_ok=True)
        for name in FILE_NAMES:
            if name not in parts:
                # A table that is not used any more must not be read again with the new ones.
                (folder / name).unlink(missing_ok=True)
        for name in sorted(parts, key=lambda name: name == "nodes.csv"):
            (beside / name).replace(folder / name)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _beside(path: Path) -> Path:
    return path.parent / f".{path.name}.{secrets.token_hex(6)}"
