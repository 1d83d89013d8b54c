"""Importing a city of 100,000 components from each foreign format: the median of some runs.

python benchmarks/imports.py [--side 183] [--runs 5]

The city is a grid of streets, `side` crossings by `side`, written by other people's programs (geopandas, osmium,
networkx). What is measured is the importer alone, third-party packages loaded beforehand.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas
import networkx as nx
import numpy as np
import osmium
import shapely
from machine import header

from lifeline.importers import IMPORTERS

DEGREES = 0.001
CRS = "EPSG:4326"
MAPPING = """
[[layer]]
name = "crossings"
table = "nodes"
columns = { id = "NO", owner = "TOWN" }
values = { sector = "road" }

[[layer]]
name = "streets"
table = "links"
columns = { id = "NO", kind = "CLASS" }
values = { sector = "road" }
"""


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--side", type=int, default=183)
    arguments.add_argument("--runs", type=int, default=5)
    chosen = arguments.parse_args()
    print(header(), "\n")
    print("| format | MB | nodes | links | s, median | processor s, median | s, all |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | --- |")
    with tempfile.TemporaryDirectory() as folder:
        for name, reader, write in FORMATS:
            place = Path(folder) / name.replace(" ", "-").replace(",", "")
            place.mkdir()
            path, options = write(place, chosen.side)
            print(row_of(name, IMPORTERS[reader].load(), path, options, chosen.runs), flush=True)


def row_of(name: str, read: Callable[..., Any], path: Path, options: dict[str, Any], runs: int) -> str:
    seconds, worked = [], []
    for _ in range(runs):
        began, began_work = time.perf_counter(), time.process_time()
        system = read(path, **options).system
        seconds.append(time.perf_counter() - began)
        worked.append(time.process_time() - began_work)
    files = path.rglob("*") if path.is_dir() else [path]
    megabytes = sum(file.stat().st_size for file in files) / 2**20
    all_runs = ", ".join(f"{run:.2f}" for run in sorted(seconds))
    sizes = f"{len(system.nodes):,} | {len(system.links):,}"
    return f"| {name} | {megabytes:.1f} | {sizes} | {statistics.median(seconds):.2f} | {statistics.median(worked):.2f} | {all_runs} |"


def grid(side: int) -> tuple[Any, Any]:
    """Return the places of the crossings, and the streets as pairs of crossings."""
    numbers = np.arange(side * side).reshape(side, side)
    places = np.column_stack([(numbers % side).ravel(), (numbers // side).ravel()]) * DEGREES
    across = np.column_stack([numbers[:, :-1].ravel(), numbers[:, 1:].ravel()])
    along = np.column_stack([numbers[:-1].ravel(), numbers[1:].ravel()])
    return places, np.concatenate([across, along])


def frames(side: int) -> tuple[Any, Any]:
    places, streets = grid(side)
    crossings = geopandas.GeoDataFrame(
        {"NO": np.arange(len(places)), "TOWN": "Gridley"}, geometry=shapely.points(places), crs=CRS
    )
    lines = shapely.linestrings(places[streets])
    names = np.arange(len(streets)) + len(places)
    return crossings, geopandas.GeoDataFrame({"NO": names, "CLASS": "residential"}, geometry=lines, crs=CRS)


def mapping(folder: Path) -> dict[str, Path]:
    (folder.parent / f"{folder.name}.toml").write_text(MAPPING)
    return {"mapping": folder.parent / f"{folder.name}.toml"}


def geopackage(folder: Path, side: int) -> tuple[Path, dict[str, Any]]:
    crossings, streets = frames(side)
    crossings.to_file(folder / "city.gpkg", layer="crossings")
    streets.to_file(folder / "city.gpkg", layer="streets")
    return folder / "city.gpkg", mapping(folder)


def shapefiles(folder: Path, side: int) -> tuple[Path, dict[str, Any]]:
    crossings, streets = frames(side)
    crossings.to_file(folder / "crossings.shp")
    streets.to_file(folder / "streets.shp")
    return folder, mapping(folder)


def geojson(folder: Path, side: int) -> tuple[Path, dict[str, Any]]:
    crossings, streets = frames(side)
    crossings.to_file(folder / "crossings.geojson")
    streets.to_file(folder / "streets.geojson")
    return folder, mapping(folder)


def openstreetmap(ending: str) -> Callable[[Path, int], tuple[Path, dict[str, Any]]]:
    def write(folder: Path, side: int) -> tuple[Path, dict[str, Any]]:
        places, streets = grid(side)
        path = folder / f"city{ending}"
        with osmium.SimpleWriter(str(path)) as writer:
            for number, place in enumerate(places.tolist(), 1):
                writer.add_node(osmium.osm.mutable.Node(id=number, location=tuple(place), version=1))
            tags = {"highway": "residential", "maxspeed": "30"}
            for number, ends in enumerate((streets + 1).tolist(), 1):
                writer.add_way(osmium.osm.mutable.Way(id=number, nodes=ends, tags=tags, version=1))
        return path, {}

    return write


def graphml(folder: Path, side: int) -> tuple[Path, dict[str, Any]]:
    places, streets = grid(side)
    graph = nx.MultiDiGraph(crs="epsg:4326")
    for number, (x, y) in enumerate(places.tolist()):
        graph.add_node(number, x=str(x), y=str(y), street_count="4")
    both = {"highway": "residential", "maxspeed": "30", "oneway": "False", "length": "111.2", "lanes": "2"}
    for tail, head in streets.tolist():
        graph.add_edge(tail, head, **both)
        graph.add_edge(head, tail, **both)
    nx.write_graphml(graph, folder / "city.graphml")
    return folder / "city.graphml", {}


def tntp(folder: Path, side: int) -> tuple[Path, dict[str, Any]]:
    places, streets = grid(side)
    both = np.concatenate([streets, streets[:, ::-1]])
    links = "".join(
        f"\t{tail}\t{head}\t1800\t0.1112\t0.2\t0.15\t4\t0\t0\t1\t;\n" for tail, head in both.tolist()
    )
    nodes = "".join(f"{number}\t{x}\t{y}\t;\n" for number, (x, y) in enumerate(places.tolist()))
    (folder / "city_net.tntp").write_text(f"<END OF METADATA>\n{links}")
    (folder / "city_node.tntp").write_text(f"Node\tX\tY\t;\n{nodes}")
    return folder, {}


FORMATS = (
    ("GeoPackage", "layers", geopackage),
    ("shapefiles", "layers", shapefiles),
    ("GeoJSON", "layers", geojson),
    ("OpenStreetMap PBF", "osm", openstreetmap(".osm.pbf")),
    ("OpenStreetMap XML", "osm", openstreetmap(".osm")),
    ("GraphML", "graphml", graphml),
    ("TNTP", "tntp", tntp),
)


if __name__ == "__main__":
    main()
