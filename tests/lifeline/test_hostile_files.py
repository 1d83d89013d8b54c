"""Files made to hurt: each is refused in one clear error, or rightly read, and nothing in it is ever run.

`benchmarks/hostile.py` measures the same files at full size.
"""

import ast
import warnings
from pathlib import Path

import pytest
from hostile_cases import CASES
from hostile_files import SYSTEM, Hostile

from lifeline.errors import InvalidInput
from lifeline.files import read_system
from lifeline.importers import IMPORTERS, geojson_layer, graphml_files

SIZE = 0.02
ROOT = Path(__file__).resolve().parents[2]
# What runs code out of a file, or expands the entities of XML.
DANGEROUS = {"pickle", "marshal", "shelve", "dill", "yaml", "jsonpickle", "lxml"}
EXPANDING = {"xml.etree", "xml.sax", "xml.dom", "xml.etree.ElementTree", "xml.dom.minidom"}


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.reader}, {case.what}")
def test_hostile_file(case: Hostile, tmp_path, monkeypatch):
    if case.needs:
        pytest.importorskip(case.needs, reason=f"{case.name} is read with {case.needs} (extra geo)")
    monkeypatch.chdir(tmp_path)
    # The limits shrink with the files.
    monkeypatch.setattr(graphml_files, "MOST_NODES", 10_000)
    monkeypatch.setattr(geojson_layer, "MOST_BYTES", 1_000_000)
    path = tmp_path / case.name
    case.write(path, SIZE)
    read = read_system if case.reader == SYSTEM else IMPORTERS[case.reader].load()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        if not case.says:
            answer = read(path)
            system = answer if case.reader == SYSTEM else answer.system
            assert (len(system.nodes), len(system.links)) == (20_001, 20_000)
        else:
            with pytest.raises(InvalidInput) as refusal:
                read(path)
            said = (
                str(refusal.value).replace(f"{10_000:,}", "500,000").replace(f"{1_000_000:,}", "67,108,864")
            )
            assert case.says in said
            assert len(said) < 20_000
    assert [entry.name for entry in tmp_path.iterdir()] == [case.name]


def test_nothing_of_ours_loads_what_can_run_code_or_expands_entities():
    for package in ("lifeline", "solvers", "scenarios", "api"):
        for path in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                names = (
                    [alias.name for alias in node.names]
                    if isinstance(node, ast.Import)
                    else [node.module or ""]
                    if isinstance(node, ast.ImportFrom)
                    else []
                )
                assert DANGEROUS.isdisjoint(name.partition(".")[0] for name in names), path
                assert EXPANDING.isdisjoint(names), path
                assert getattr(node, "attr", "") not in {"read_graphml", "parse_graphml"}, path


@pytest.mark.parametrize("keyword", ["allow_pickle"])
def test_nothing_of_ours_lets_numpy_load_pickles(keyword):
    for package in ("lifeline", "solvers", "scenarios", "api"):
        for path in (ROOT / package).rglob("*.py"):
            assert keyword not in path.read_text(encoding="utf-8"), path
