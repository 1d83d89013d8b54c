"""Importing GraphML: street graphs in the manner of OSMnx, written by networkx, and lifeline's own export."""

import random
from pathlib import Path
from typing import Any

import networkx as nx
import pytest
from worlds import assert_same_system, town

from lifeline.errors import InvalidInput
from lifeline.exporters import EXPORTERS
from lifeline.importers import Imported
from lifeline.importers.graphml import read_graphml
from lifeline.system import Settings

PLACES = {1: (10.0, 50.0), 2: (10.001, 50.0), 3: (10.002, 50.0), 4: (10.002, 50.001)}


def streets(directed: bool = True, crs: str | None = "epsg:4326", **extra: Any) -> nx.Graph:
    """A graph with the attributes and the spelling (everything is text) of OSMnx's save_graphml.

    1-2 is one street both ways, 2->3 one-way, 3-4 a bridge both ways without a limit.
    """
    graph = nx.MultiDiGraph() if directed else nx.MultiGraph()
    graph.graph.update({"created_with": "OSMnx 2.1.1"} | ({"crs": crs} if crs else {}) | extra)
    for node, (x, y) in PLACES.items():
        graph.add_node(node, x=str(x), y=str(y), street_count="2")
    both = {
        "oneway": "False",
        "highway": "residential",
        "maxspeed": "30",
        "length": "71.477",
        "osmid": "[5, 6]",
    }
    graph.add_edge(1, 2, **both, reversed="False")
    graph.add_edge(
        2, 3, oneway="True", highway="primary", maxspeed="['50', '30 mph']", length="71.5", osmid="7"
    )
    bridge = {
        "oneway": "False",
        "highway": "['trunk', 'primary']",
        "bridge": "yes",
        "length": "111.2",
        "osmid": "8",
    }
    graph.add_edge(3, 4, **bridge)
    if directed:
        graph.add_edge(2, 1, **{**both, "osmid": "[6, 5]"}, reversed="True")
        graph.add_edge(4, 3, **bridge)
    return graph


def saved(graph: nx.Graph, path: Path) -> Path:
    nx.write_graphml(graph, path)
    return path


def links(imported: Imported) -> dict[str, tuple[Any, ...]]:
    columns = ("id", "kind", "directed", "length_km", "speed_kmh")
    rows = zip(*(imported.system.links[column] for column in columns), strict=True)
    return {name.removeprefix("road:"): tuple(row) for name, *row in rows}


def said(imported: Imported, action: str) -> dict[str, tuple[str, ...]]:
    return {note.sentence: note.items for note in imported.report if note.action == action}


STREETS = {
    "1-2": ("residential", False, 0.071477, 30.0),
    "2-3": ("primary", True, 0.0715, 48.28032),
    "3-4": ("bridge", False, 0.1112, 85.0),
}


def test_two_edges_of_a_two_way_street_are_one_link(tmp_path):
    """The least of several limits counts (30 mph), and the speed of a trunk road where there is none (85 km/h)."""
    imported = read_graphml(saved(streets(), tmp_path / "streets.graphml"))
    assert links(imported) == STREETS
    assert imported.system.nodes["id"].tolist() == ["road:1", "road:2", "road:3", "road:4"]
    assert said(imported, "converted")[
        "edges back that are equal to the edge there: one link for both ways."
    ] == ("2-1", "4-3")
    assert said(imported, "guessed") == {
        "no maxspeed: 85 km/h for trunk (OSRM, profiles/car.lua).": ("3-4", "4-3")
    }


def test_an_undirected_graph_keeps_its_one_way_streets(tmp_path):
    """OSMnx's `from` says that the street leads from 3 to 2, whichever end the edge names first."""
    graph = streets(directed=False)
    graph.edges[2, 3, 0].update({"from": "3", "to": "2"})
    found = read_graphml(saved(graph, tmp_path / "streets.graphml"))
    assert links(found) == {"3-2" if name == "2-3" else name: row for name, row in STREETS.items()}


def test_a_directed_graph_that_does_not_say_oneway_shows_it(tmp_path):
    graph = nx.DiGraph(crs="epsg:4326")
    for node, (x, y) in PLACES.items():
        graph.add_node(node, x=x, y=y)
    graph.add_edge(1, 2, length=70.0)
    graph.add_edge(2, 1, length=70.0)
    graph.add_edge(2, 3, length=70.0)
    graph.add_edge(3, 2, length=90.0)
    assert {
        name: row[1] for name, row in links(read_graphml(saved(graph, tmp_path / "x.graphml"))).items()
    } == {
        "1-2": False,
        "2-3": True,
        "3-2": True,
    }


def test_a_street_that_says_it_is_not_one_way_is_two_way_without_the_edge_back(tmp_path):
    graph = streets()
    graph.remove_edge(4, 3)
    assert links(read_graphml(saved(graph, tmp_path / "x.graphml"))) == STREETS


def test_streets_in_parallel_are_numbered_and_loops_and_paths_dropped(tmp_path):
    graph = streets()
    graph.add_edge(2, 3, oneway="True", highway="primary", length="99")
    graph.add_edge(4, 4, oneway="True", highway="primary", length="9")
    graph.add_edge(1, 4, oneway="False", highway="footway", length="9")
    imported = read_graphml(saved(graph, tmp_path / "x.graphml"))
    assert set(links(imported)) == {"1-2", "2-3", "2-3#2", "3-4"}
    dropped = said(imported, "dropped")
    assert dropped["edges from a node to itself: a link has two ends."] == ("4-4",)
    assert dropped["highway footway, which is no street for cars."] == ("1-4",)


def test_without_a_length_the_straight_line_counts(tmp_path):
    graph = streets()
    del graph.edges[2, 3, 0]["length"]
    imported = read_graphml(saved(graph, tmp_path / "x.graphml"))
    assert links(imported)["2-3"][2] != links(imported)["2-3"][2]  # blank
    assert said(imported, "guessed")["no length: the straight line between the ends."] == ("road:2-3",)


def test_speeds_that_osmnx_imputed_are_used_and_told(tmp_path):
    graph = streets()
    for ends in ((3, 4, 0), (4, 3, 0)):
        graph.edges[ends]["speed_kph"] = "61.2"
    imported = read_graphml(saved(graph, tmp_path / "x.graphml"))
    assert links(imported)["3-4"][3] == 61.2
    assert "no maxspeed: the speed_kph of the file, which OSMnx guesses." in said(imported, "guessed")


def test_the_order_of_nodes_and_edges_does_not_matter(tmp_path):
    path = saved(streets(), tmp_path / "x.graphml")
    first = read_graphml(path).system
    head, _, rest = path.read_text().partition("<node ")
    parts = [part for part in ("<node " + rest.partition("</graph>")[0]).replace("<edge ", "\0<edge ").replace(
        "<node ", "\0<node ").split("\0") if part.strip()]  # fmt: skip
    random.Random(5).shuffle(parts)
    path.write_text(head + "".join(parts) + "</graph></graphml>")
    assert_same_system(first, read_graphml(path).system)


def test_projected_streets_come_to_their_place(tmp_path):
    """Tile 0 of web Mercator: x = R * longitude, with R = 6378137 m: 10 degrees are 1,113,194.9 m."""
    pytest.importorskip("pyproj", reason="other coordinates need pyproj (extra geo)")
    graph = streets(crs="EPSG:3857")
    for node, (x, _) in PLACES.items():
        graph.nodes[node].update(x=str(x * 111_319.490793), y="0")
    nodes = read_graphml(saved(graph, tmp_path / "x.graphml")).system.nodes
    assert nodes["longitude"].tolist() == pytest.approx([x for x, _ in PLACES.values()], abs=1e-6)


def test_what_the_coordinates_are_has_to_be_known(tmp_path):
    graph = streets(crs=None)
    imported = read_graphml(saved(graph, tmp_path / "x.graphml"))
    assert any("x and y are degrees" in sentence for sentence in said(imported, "guessed"))
    graph.graph["crs"] = "+proj=utm +zone=33"
    with pytest.raises(InvalidInput, match="describes its coordinates in words lifeline does not read"):
        read_graphml(saved(graph, tmp_path / "z.graphml"))
    del graph.graph["crs"]
    graph.nodes[1].update(x="500000")
    with pytest.raises(InvalidInput, match="does not say what x and y are"):
        read_graphml(saved(graph, tmp_path / "y.graphml"))
    with pytest.raises(InvalidInput, match="are not on the globe if the coordinates are EPSG:4326"):
        read_graphml(tmp_path / "y.graphml", crs="EPSG:4326")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('<data key="d3">10.001</data>', '<data key="d3">nan</data>', "nodes, x = '2': has x 'nan'"),
        ('<data key="d3">10.001</data>', "", "nodes, x = '2': has no place"),
        (">71.5<", ">1e400<", "edges, length = '2-3': has length '1e400'"),
        (">71.5<", ">-3<", "which is no finite number from 0 on"),
        ('<node id="2">', '<node id="1">', "nodes, id = '1': is there twice"),
        ('target="3"', 'target="99"', "edges = '99': is an end of an edge, but no node"),
        ('<node id="2">', "<node>", "a <node> has no id"),
        ('source="2" ', "", "an <edge> has no source"),
        ("<graphml", "<gexf", "begins with <gexf>"),
        ('<node id="2">', '<node id="2"><graph/>', "a graph in a graph"),
        ('<node id="2">', '<hyperedge/><node id="2">', "has a <hyperedge>"),
        ("</graphml>", "", "is not XML: no element found"),
    ],
)
def test_broken_files_are_refused(tmp_path, old, new, message):
    path = saved(streets(), tmp_path / "x.graphml")
    text = path.read_text()
    for number, name in enumerate(("created_with", "crs", "x", "y"), 1):
        key = text.partition(f'attr.name="{name}"')[0].rpartition('<key id="')[2].partition('"')[0]
        text = text.replace(f'"{key}"', f'"k{number}"')
    text = (
        text.replace('"k3"', '"d3"')
        if '"d3"' not in text
        else text.replace('"d3"', '"q"').replace('"k3"', '"d3"')
    )
    assert old in text
    path.write_text(text.replace(old, new, 1).replace("</graphml>" if "gexf" in new else "\0", "</gexf>"))
    with pytest.raises(InvalidInput, match=message):
        read_graphml(path)


# lifeline's own.


def own_town():
    return town(
        power="P1*-P2>P3 P3-P1 P2-P3",
        water="W1*",
        dependencies=[("W1", "P3", "feed", 30)],
        people={"P3": 10},
        alternatives={"hospital": (5, ["P1", "P2"])},
        settings=Settings(name="small", horizon_minutes=2880, detour_factor=1.5),
    )


def test_a_system_comes_back_from_its_graph(tmp_path):
    EXPORTERS[".graphml"].load()(own_town(), tmp_path / "town.graphml")
    assert_same_system(read_graphml(tmp_path / "town.graphml").system, own_town())


def test_a_system_comes_back_after_networkx_had_it(tmp_path):
    EXPORTERS[".graphml"].load()(own_town(), tmp_path / "town.graphml")
    saved(nx.read_graphml(tmp_path / "town.graphml"), tmp_path / "again.graphml")
    assert_same_system(read_graphml(tmp_path / "again.graphml").system, own_town())


def test_what_is_of_no_table_is_told_of(tmp_path):
    EXPORTERS[".graphml"].load()(own_town(), tmp_path / "town.graphml")
    graph = nx.read_graphml(tmp_path / "town.graphml")
    graph.add_node("note to myself")
    imported = read_graphml(saved(graph, tmp_path / "again.graphml"))
    assert_same_system(imported.system, own_town())
    assert said(imported, "dropped") == {"nodes of the graph that do not say which table they are from.": ()}
    with pytest.raises(InvalidInput, match="--crs is for graphs of streets"):
        read_graphml(tmp_path / "town.graphml", crs="EPSG:3857")
