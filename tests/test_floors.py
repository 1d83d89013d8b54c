"""What is installed is not older than what is known to be safe, or what is unsafe in it is not used."""

from __future__ import annotations

import ast
import sqlite3
import tomllib
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FLOORS = tomllib.loads((ROOT / "tests" / "floors.toml").read_text(encoding="utf-8"))


def numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(".") if part.isdigit())


def trees(*folders: str) -> Iterator[tuple[Path, ast.Module]]:
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield path.relative_to(ROOT), ast.parse(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("package", FLOORS["packages"])
def test_an_installed_package_is_not_older_than_its_floor(package: str) -> None:
    try:
        installed = version(package)
    except PackageNotFoundError:
        pytest.skip(f"{package} is not installed")
    assert numbers(installed) >= numbers(FLOORS["packages"][package])


def test_an_old_sqlite_has_one_connection_that_writes() -> None:
    """Where SQLite is older than 3.51.3: one writer, and readers that cannot write."""
    if numbers(sqlite3.sqlite_version) >= numbers(FLOORS["libraries"]["sqlite"]):
        pytest.skip("this SQLite may have several connections that write")
    text = (ROOT / "api" / "store" / "database.py").read_text(encoding="utf-8")
    assert "PRAGMA query_only=ON" in text
    assert "pool_size=1 if writes" in text
    assert "max_overflow=0 if writes" in text


def test_the_service_reads_no_xml_whatever_expat_is_there() -> None:
    readers = {"xml", "lxml", "pyexpat", "defusedxml"}
    for path, tree in trees("api", "solvers", "scenarios"):
        for node in ast.walk(tree):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not {name.split(".")[0] for name in names} & readers, path
