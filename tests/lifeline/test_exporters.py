"""A system in foreign formats: nothing lost in a GeoPackage, the graph as it is in GraphML."""

from pathlib import Path

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from odd_systems import odd_systems
from worlds import assert_same_system, small_town, town

from lifeline.errors import InvalidInput
from lifeline.exporters import EXPORTERS
from lifeline.importers.layers import read_layers
from lifeline.system import Settings, System


def full_town() -> System:
    """A town with something in every table, and in columns that only some service rules use."""
    system = small_town()
    nodes = system.nodes.assign(capacity=[-1, 5, 10**12, -1, -1, 7], head_m=[float("nan")] * 5 + [12.5])
    customers = system.customers.assign(longitude=float("nan"), latitude=float("nan"))
    times = [{"sector": "power", "kind": "*", "minutes": 60, "source": "ours"}]
    work = {
        "crew_speeds": [{"crew": "red", "skill": "power", "speed_permille": 1500}],
        "steps": [
            {"component": "P2", "step": "isolate", "minutes": 20},
            {"component": "P2", "step": "repair", "minutes": 60, "after": "isolate", "lag_minutes": 30},
        ],
        "tasks": [{"id": "square", "minutes": 30, "longitude": 0.5, "latitude": 0.25, "skill": "road"}],
        "uses": [{"job": "P2/repair", "part": "transformer", "quantity": 1}],
        "stock": [{"part": "transformer", "from_minute": 60, "quantity": 2}],
        "closures": [{"id": "gas", "component": "P2", "from_minute": 10, "until_minute": 40}],
        "locks": [{"job": "P2", "kind": "not_before", "value": "30"}],
        "facilities": [{"customer": "hospital", "buffer_minutes": 480, "price_permille": 5000}],
    }
    return system.replace(nodes=nodes, customers=customers, repair_times=times, **work)


def written(system: System, path: Path) -> tuple[str, ...]:
    return EXPORTERS[path.suffix].load()(system, path)


def test_all_tables_come_back_from_a_geopackage(tmp_path):
    pytest.importorskip("pyogrio", reason="a GeoPackage is written with pyogrio (extra geo)")
    assert all(len(frame) for frame in full_town().tables.values())
    assert written(full_town(), tmp_path / "town.gpkg") == ()
    assert_same_system(read_layers(tmp_path / "town.gpkg").system, full_town())


@settings(max_examples=10, deadline=None)
@given(odd_systems())
def test_any_system_comes_back_from_a_geopackage_or_is_refused(tmp_path_factory, system):
    """GDAL ends a text at a NUL: a text that has one is refused, not cut."""
    pytest.importorskip("pyogrio", reason="a GeoPackage is written with pyogrio (extra geo)")
    path = tmp_path_factory.mktemp("systems") / "odd.gpkg"
    texts = [
        *vars(system.settings).values(),
        *(text for frame in system.tables.values() for text in frame.to_numpy().flat),
    ]
    if any("\x00" in text for text in texts if isinstance(text, str)):
        with pytest.raises(InvalidInput, match="has a NUL character"):
            written(system, path)
        assert not path.exists()
    else:
        written(system, path)
        assert_same_system(read_layers(path).system, system)


def test_a_gis_sees_points_and_lines_where_they_are(tmp_path):
    geopandas = pytest.importorskip("geopandas", reason="the GeoPackage is read with geopandas (extra geo)")
    written(town(power="P1*-P2", places={"P1": (10.0, 50.0), "P2": (11.0, 51.0)}), tmp_path / "town.gpkg")
    nodes = geopandas.read_file(tmp_path / "town.gpkg", layer="nodes")
    links = geopandas.read_file(tmp_path / "town.gpkg", layer="links")
    assert nodes.crs == "EPSG:4326"
    assert [(shape.x, shape.y) for shape in nodes.geometry] == [(10.0, 50.0), (11.0, 51.0)]
    assert list(links.geometry[0].coords) == [(10.0, 50.0), (11.0, 51.0)]


def test_a_gis_sees_blanks_where_nothing_is_known(tmp_path):
    """Capacities are blank but for three nodes; inside lifeline a blank is -1."""
    geopandas = pytest.importorskip("geopandas", reason="the GeoPackage is read with geopandas (extra geo)")
    written(full_town(), tmp_path / "town.gpkg")
    nodes = geopandas.read_file(tmp_path / "town.gpkg", layer="nodes")
    assert nodes["capacity"].dropna().tolist() == [5, 10**12, 7]


def test_a_point_that_was_moved_in_a_gis_has_moved(tmp_path):
    geopandas = pytest.importorskip(
        "geopandas", reason="the GeoPackage is changed with geopandas (extra geo)"
    )
    path = tmp_path / "town.gpkg"
    written(town(power="P1*-P2"), path)
    nodes = geopandas.read_file(path, layer="nodes")
    nodes.geometry = nodes.geometry.translate(xoff=1.0)
    nodes.to_file(path, layer="nodes")
    assert read_layers(path).system.nodes["longitude"].tolist() == [1.0, 1.009]


@pytest.mark.parametrize("ending", list(EXPORTERS))
def test_the_same_system_gives_the_same_bytes(tmp_path, ending):
    if ending == ".gpkg":
        pytest.importorskip("pyogrio", reason="a GeoPackage is written with pyogrio (extra geo)")
    system = full_town().replace(settings=Settings(name="t"))
    shuffled = system.replace(**{name: frame.iloc[::-1] for name, frame in system.tables.items()})
    written(system, tmp_path / f"one{ending}")
    written(shuffled, tmp_path / f"two{ending}")
    assert (tmp_path / f"one{ending}").read_bytes() == (tmp_path / f"two{ending}").read_bytes()


def test_networkx_reads_the_graph_of_the_system(tmp_path):
    """The undirected link P1-P2 is two edges, P2>P3 one."""
    system = town(power="P1*-P2>P3", water="W1*", dependencies=[("W1", "P3", "feed", 30)], people={"P3": 10})
    assert written(system, tmp_path / "town.graphml") == ()
    graph = nx.read_graphml(tmp_path / "town.graphml", force_multigraph=True)
    assert sorted((tail, head, data["table"]) for tail, head, data in graph.edges(data=True)) == [
        ("P1", "P2", "links"),
        ("P2", "P1", "links"),
        ("P2", "P3", "links"),
        ("P3", "W1", "dependencies"),
        ("P3", "customer:people of P3", "supplies"),
    ]
    assert graph.nodes["P1"]["source"] is True
    assert graph.nodes["customer:people of P3"]["persons"] == 10
    assert graph.edges["P3", "W1", "dependency:feed:W1:P3"]["buffer_minutes"] == 30
    assert graph.graph["name"] == "town"


def test_what_a_graph_has_no_place_for_is_told(tmp_path):
    told = written(full_town().replace(settings=Settings()), tmp_path / "town.graphml")
    assert told[4:] == tuple(
        f"GraphML has no place for {name}: {rows} rows left out."
        for name, rows in (
            ("crew_speeds", 1),
            ("steps", 2),
            ("tasks", 1),
            ("uses", 1),
            ("stock", 1),
            ("closures", 1),
            ("locks", 1),
            ("facilities", 1),
        )
    )
    assert told[:4] == (
        "GraphML has no place for crews: 1 rows left out.",
        "GraphML has no place for shifts: 2 rows left out.",
        "GraphML has no place for damage: 2 rows left out.",
        "GraphML has no place for repair_times: 1 rows left out.",
    )


@given(st.sampled_from(["\x00", "\x1b", "\r", "￾"]))
def test_text_that_xml_cannot_hold_is_refused(tmp_path_factory, odd):
    system = town(power="P1*")
    path = tmp_path_factory.mktemp("graph") / "town.graphml"
    with pytest.raises(InvalidInput, match=r"nodes, owner = .*: has a control character"):
        written(system.replace(nodes=system.nodes.assign(owner=f"a{odd}b")), path)
    assert not path.exists()


def test_a_node_called_like_a_customer_stays_apart_from_it(tmp_path):
    system = town(power="customer:c*", people={"customer:c": 3})
    renamed = system.replace(
        customers=system.customers.assign(id="c"), supplies=system.supplies.assign(customer="c")
    )
    written(renamed, tmp_path / "town.graphml")
    assert set(nx.read_graphml(tmp_path / "town.graphml")) == {"customer:c", "customer::c"}


@pytest.mark.parametrize("ending", list(EXPORTERS))
def test_a_place_that_cannot_be_written_is_an_error_of_ours(tmp_path, ending):
    if ending == ".gpkg":
        pytest.importorskip("pyogrio", reason="a GeoPackage is written with pyogrio (extra geo)")
    (tmp_path / "file").write_text("")
    with pytest.raises(InvalidInput, match="cannot be written"):
        written(town(power="P1*"), tmp_path / "file" / f"town{ending}")
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]
