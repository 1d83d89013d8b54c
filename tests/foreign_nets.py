"""Network files for tests: small ones written here, and those that come with installed packages."""

import importlib.util
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest


def package_file(package: str, *parts: str) -> Path:
    """Return a file that comes with a package; the test is skipped, saying so, where the package is not installed."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        pytest.skip(f"{package} is not installed, whose own networks are read here")
    path = Path(spec.origin).parent.joinpath(*parts)
    if not path.is_file():
        pytest.skip(f"this version of {package} has no {'/'.join(parts)}")
    return path


def as_table(
    rows: Sequence[Mapping[str, Any]], *, orient: str = "split", nested: bool = False
) -> dict[str, Any]:
    """Return rows as pandapower and pandapipes write a DataFrame; `index` in a row is its number."""
    numbers = [row.get("index", place) for place, row in enumerate(rows)]
    columns = list(dict.fromkeys(column for row in rows for column in row if column != "index"))
    if orient == "split":
        data = [[row.get(column) for column in columns] for row in rows]
        content: Any = {"columns": columns, "index": numbers, "data": data}
    else:
        content = {
            column: {str(number): row.get(column) for number, row in zip(numbers, rows, strict=True)}
            for column in columns
        }
    return {
        "_module": "pandas.core.frame",
        "_class": "DataFrame",
        "_object": content if nested else json.dumps(content),
        "orient": orient,
    }


def write_net(
    path: Path,
    tables: Mapping[str, Any],
    *,
    kind: str = "pandapower",
    orient: str = "split",
    nested: bool = False,
) -> Path:
    """Write a network file: lists of rows become tables, everything else is written as it is."""
    content = {
        name: as_table(entry, orient=orient, nested=nested) if isinstance(entry, list) else entry
        for name, entry in tables.items()
    }
    module = {"pandapower": "pandapower.auxiliary", "pandapipes": "pandapipes.pandapipes_net"}[kind]
    net = {"_module": module, "_class": f"{kind}Net", "_object": content}
    path.write_text(json.dumps(net), encoding="utf-8")
    return path
