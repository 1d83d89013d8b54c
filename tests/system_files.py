"""Systems in files, written by hand for tests, and what is said when they are read."""

import zipfile

import pytest

from lifeline.errors import InvalidInput
from lifeline.files import read_system

NODES = "id,sector,longitude,latitude\nP1,power,0,0\nP2,power,0.01,0\n"


def folder_with(tmp_path, **contents):
    """A folder of files; `nodes=` stands for nodes.csv, `system=` for system.toml."""
    for name, content in {"nodes": NODES, **contents}.items():
        data = content if isinstance(content, bytes) else content.encode()
        (tmp_path / ("system.toml" if name == "system" else f"{name}.csv")).write_bytes(data)
    return tmp_path


def refused(path):
    """Every problem that is told when the system there is read."""
    with pytest.raises(InvalidInput) as caught:
        read_system(path)
    return [str(problem) for problem in caught.value.problems] or [str(caught.value)]


def system_or_refusal(read):
    try:
        return read()
    except InvalidInput as refusal:
        return refusal


def zip_of(path, entries):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return path
