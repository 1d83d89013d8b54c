"""Files of pandapower and pandapipes as plain data: every layout they come in, and nothing that runs."""

import json
import pickle
from pathlib import Path

import numpy as np
import pytest
from foreign_nets import as_table, write_net

from lifeline.errors import InvalidInput
from lifeline.importers.pandapipes import read_pandapipes
from lifeline.importers.pandapower import read_pandapower
from lifeline.importers.plain_json import DEEPEST, nesting, read_plain
from lifeline.tables import Column, Table

BUS = [{"index": 7, "vn_kv": 20.0, "name": "A"}, {"index": 3, "vn_kv": 0.4, "name": 5}]
WANTED = Table(
    "bus",
    "bus",
    (
        Column("index", "integer", "number", minimum=0),
        Column("vn_kv", "number", "kV"),
        Column("name", "text", "name", required=False, default=""),
    ),
    ("index",),
)
READERS = {"pandapower": read_pandapower, "pandapipes": read_pandapipes}


def plain(path: Path):
    return read_plain(path, "pandapowerNet", "pandapower")


@pytest.mark.parametrize("orient", ["split", "columns"])
@pytest.mark.parametrize("nested", [False, True])
def test_a_table_is_the_same_in_every_layout(tmp_path, orient, nested):
    net = plain(write_net(tmp_path / "net.json", {"bus": BUS}, orient=orient, nested=nested))
    read = net.read(WANTED)
    assert read.values("index").tolist() == [3, 7]
    assert read.values("vn_kv").tolist() == [0.4, 20.0]
    assert read.values("name").tolist() == ["5", "A"]
    assert read.rows.tolist() == [3, 7]
    assert not read.problems


def test_the_whole_network_may_be_a_text_inside_the_text(tmp_path):
    path = tmp_path / "net.json"
    content = json.dumps({"bus": as_table(BUS), "sn_mva": 1.0})
    path.write_text(
        json.dumps({"_module": "pandapower.auxiliary", "_class": "pandapowerNet", "_object": content})
    )
    net = plain(path)
    assert len(net.tables["bus"]) == 2
    assert net.values == {"sn_mva": 1.0}


def test_a_table_that_is_not_there_is_empty_and_other_objects_are_left_alone(tmp_path):
    controller = {"_module": "my_company.control", "_class": "Tap", "_object": {"deadband": 1}}
    net = plain(write_net(tmp_path / "net.json", {"std_types": {"line": {}}, "controller": controller}))
    assert len(net.read(WANTED).rows) == 0
    assert sorted(net.objects) == ["controller", "std_types"]


ATTACKS = {
    "a function of the operating system": {"_module": "os", "_class": "function", "_object": "system"},
    "a process": {"_module": "subprocess", "_class": "Popen", "_object": {"args": ["touch", "/tmp/never"]}},
    "eval": {"_module": "builtins", "_class": "function", "_object": "eval"},
    "a pickle in a text": {"_module": "pickle", "_class": "loads", "_object": "gASVIgAAAAAAAACMBXBvc2l4"},
    "deep in a list": [{"a": {"_module": "importlib._bootstrap", "_class": "x", "_object": ""}}],
    "in a cell of a table": as_table(
        [{"object": {"_module": "runpy", "_class": "run_path", "_object": "x"}}]
    ),
    "as the module of a table": {"_module": "os", "_class": "DataFrame", "_object": "{}"},
}


@pytest.mark.parametrize("kind", READERS)
@pytest.mark.parametrize("attack", ATTACKS)
def test_files_that_name_python_itself_are_refused_and_nothing_is_run(tmp_path, monkeypatch, kind, attack):
    monkeypatch.setattr("importlib.import_module", lambda name, *_: pytest.fail(f"{name} was imported"))
    path = write_net(tmp_path / "net.json", {"controller": ATTACKS[attack], "bus": BUS}, kind=kind)
    with pytest.raises(InvalidInput, match="holds an object of Python itself"):
        READERS[kind](path)


def test_values_that_are_no_numbers_are_named_with_table_row_and_column(tmp_path):
    path = write_net(tmp_path / "net.json", {"bus": [{"index": 4, "vn_kv": "HERE"}, {"vn_kv": 20.0}]})
    for written, said in (
        ("NaN", "is NaN, not a number"),
        ("Infinity", "is not a finite number"),
        ("1e400", "is not a finite number"),
        ("-1e400", "is not a finite number"),
        ("9" * 5000, "is not a finite number"),
        ("true", "is true or false, not a number"),
        ("null", "is blank"),
        ("[1]", "is a list, not a number"),
    ):
        spoiled = path.read_text().replace('\\"HERE\\"', written)
        other = path.with_name("spoiled.json")
        other.write_text(spoiled)
        with pytest.raises(InvalidInput) as bad:
            read_pandapower(other)
        assert str(bad.value.problems[0]).startswith("bus, row 4, vn_kv"), written
        assert said in str(bad.value.problems[0]), written


def test_what_is_no_number_does_no_harm_where_nobody_looks(tmp_path):
    path = write_net(tmp_path / "net.json", {"bus": [{"vn_kv": 20.0, "note": 0}], "hint": "HERE"})
    path.write_text(path.read_text().replace('"HERE"', f"[NaN, -Infinity, 1e400, {'9' * 5000}]"))
    assert len(plain(path).tables["bus"]) == 1


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"[" * 200_000, "nested more than 32 deep"),
        (b"[" + b"[],{}," * 1_000_000 + b"0]", "has 2,000,001 lists and objects"),
        (b'{"_object": ' + b"[" * 200_000 + b"]" * 200_000 + b"}", "nested more than 32 deep"),
        (b'{"a": "' + b"\\" * 100_001, "is not JSON"),
        (pickle.dumps({"bus": BUS}), "is a pickle"),
        (b"\xff\xfe{}", "is not UTF-8"),
        (b"", "is not JSON"),
        (b"{'bus': 1}", "is not JSON: .* in line 1, column 2"),
        (b"[]", "no network of pandapower"),
        (b'{"_class": "pandapipesNet", "_object": {}}', "no network of pandapower"),
        (b'{"_class": "pandapowerNet", "_object": 5}', "holds no tables"),
        (b'{"_class": "pandapowerNet", "_object": "[1, 2"}', "is not JSON"),
        (b'{"_class": "pandapowerNet", "_object": {"bus": 1, "bus": 2}}', "the key 'bus' twice"),
        (b'{"_class": "pandapowerNet", "_object": {}}', "bus: has no rows"),
    ],
)  # fmt: skip
def test_what_is_no_network_is_refused_with_one_message(tmp_path, data, said):
    path = tmp_path / "net.json"
    path.write_bytes(data)
    with pytest.raises(InvalidInput, match=said):
        read_pandapower(path)


def test_a_table_nested_too_deeply_inside_its_text_is_refused(tmp_path):
    table = {"_module": "pandas", "_class": "DataFrame", "_object": "[" * (DEEPEST + 1)}
    with pytest.raises(InvalidInput, match="bus' is nested more than 32 deep"):
        read_pandapower(write_net(tmp_path / "net.json", {"bus": table}))


def test_brackets_inside_texts_are_not_counted(tmp_path):
    name = "[{" * 100 + '\\"' * 3 + "[" * 100
    net = plain(write_net(tmp_path / "net.json", {"bus": [{"vn_kv": 1.0, "name": name}]}))
    assert net.read(WANTED).values("name")[0] == name


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({"columns": ["a"], "index": [0], "data": [[1], [2]]}, "has 2 rows, but not a number for each"),
        ({"columns": ["a"], "index": [0], "data": [[1, 2]]}, "row 0, has not one cell for each"),
        ({"columns": ["a"], "index": [0], "data": [5]}, "row 0, has not one cell for each"),
        ({"a": {"0": 1}, "b": {"1": 1}}, "b, has other rows than the columns before it"),
        ({"a": [1, 2]}, "a, is not a column of cells"),
        (7, "is said to be a table, but holds none"),
    ],
)
def test_a_table_that_is_none_is_named(tmp_path, content, said):
    table = {"_module": "pandas", "_class": "DataFrame", "_object": json.dumps(content)}
    with pytest.raises(InvalidInput, match=said):
        plain(write_net(tmp_path / "net.json", {"bus": table}))


def test_rows_are_told_apart_by_whole_numbers(tmp_path):
    for numbers, said in (([0, 0], "repeats this id of row 0"), (["x", 1], "is not a"), ([-1, 0], "below 0")):
        content = {"columns": ["vn_kv"], "index": numbers, "data": [[1.0], [1.0]]}
        table = {"_module": "pandas", "_class": "DataFrame", "_object": json.dumps(content)}
        with pytest.raises(InvalidInput, match=said):
            read_pandapower(write_net(tmp_path / "net.json", {"bus": table}))


def test_a_file_that_is_too_large_is_not_even_opened(tmp_path, monkeypatch):
    monkeypatch.setattr("lifeline.importers.plain_json.MOST_BYTES", 10)
    with pytest.raises(InvalidInput, match="10 at most"):
        read_pandapower(write_net(tmp_path / "net.json", {"bus": BUS}))
    with pytest.raises(InvalidInput, match="There is no file"):
        read_pandapower(tmp_path / "nothing.json")


def slow_depth(text: str) -> int:
    """Count brackets one character after the other, as far as the text can be JSON at all."""
    deepest = depth = 0
    quoted = escaped = False
    for character in text:
        if escaped:
            escaped = False
        elif character == "\\" and not quoted:
            return deepest
        elif character == "\\":
            escaped = True
        elif character == '"':
            quoted = not quoted
        elif not quoted:
            depth += (character in "[{") - (character in "]}")
            deepest = max(deepest, depth)
    return deepest


def test_depth_is_that_of_a_slow_count():
    rng = np.random.default_rng(3)
    for _ in range(300):
        texts = ["".join(rng.choice(list('[]{}"\\x'), size=6)) for _ in range(4)]
        brackets = ["".join(rng.choice(list("[]{},"), size=6)) for _ in texts]
        whole = "".join(part for pair in zip(brackets, map(json.dumps, texts), strict=True) for part in pair)
        assert nesting(whole.encode())[0] == slow_depth(whole), whole
    for _ in range(300):
        anything = "".join(rng.choice(list('[]{}"\\x'), size=30))
        assert nesting(anything.encode())[0] >= slow_depth(anything), anything
