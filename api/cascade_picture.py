"""A cascade as a picture: a map of what went dark when, and the people without each service over time.

Colours on the map say when, from dark to light (viridis, which people who see colours differently can tell apart, as
its lightness alone says the same); shapes say which sector; what is broken is black, with a cross.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.collections import LineCollection
from matplotlib.lines import Line2D

from api.canvas import LINE_COLOUR, canvas, persons_axis, time_axes, titles
from api.styles import styles_of
from api.wording import MINUTES_PER_HOUR, counted, duration, plain
from lifeline.distance import METRES_PER_KM, great_circle_metres

if TYPE_CHECKING:
    from lifeline.cascade import Cascade

SHAPES = {"power": "o", "water": "s", "gas": "^", "telecom": "D", "road": "v"}
SPARE_SHAPE = "P"
MOST_CLASSES = 7
MOST_LINKS = 50_000  # more would take longer to draw than to look at
LARGEST, SMALLEST, FEW_NODES = 60, 9, 60  # area of a mark in square points; the largest up to so many nodes
LEAST_CROSS = 11
MOST_CROSSED = 300
MOST_LABELLED = 40  # nodes; the names of more would hide the map
FIRST_SHADE, LAST_SHADE = 0.12, 0.95  # of viridis: neither black, which is for what is broken, nor too pale
WORKING_COLOUR, LINK_COLOUR, BROKEN_COLOUR = "#C8C8C8", "#D4D4D4", "black"
SCALE_STEPS_KM = (0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500)


def draw_cascade(cascade: Cascade, path: Path) -> None:
    """Draw the map on the left and the people over time on the right."""
    with canvas(path, width=14, height=7.6) as figure:
        halves: Any = figure.subfigures(1, 2, width_ratios=(1.2, 1))
        _draw_map(halves[0], cascade)
        _draw_people(halves[1], cascade)


# The map.


def _draw_map(figure: Any, cascade: Cascade) -> None:
    axes = figure.add_subplot()
    nodes = cascade.system.nodes
    x, y = _flat(nodes["longitude"].to_numpy(dtype=float), nodes["latitude"].to_numpy(dtype=float))
    place = pd.DataFrame({"x": x, "y": y, "sector": nodes["sector"].to_numpy(object)}, index=nodes["id"])
    waves = cascade.waves
    dark = waves[waves["component"].isin(place.index)]
    works = place[~place.index.isin(dark["component"])]
    size = float(np.clip(LARGEST * (FEW_NODES / len(place)) ** 0.5, SMALLEST, LARGEST))
    _draw_links(axes, cascade, place, size)
    axes.scatter(works["x"], works["y"], s=size / 5, color=WORKING_COLOUR, linewidths=0, zorder=2)
    classes = _classes(dark[dark["why"] != "broken"])
    shades = matplotlib.colormaps["viridis"](np.linspace(FIRST_SHADE, LAST_SHADE, max(len(classes), 2)))
    # The first to go dark lie on top: they are what the later ones go back to.
    for number, (_, rows) in reversed(list(enumerate(classes.items()))):
        _draw_nodes(axes, place.loc[rows["component"]], shades[number], size, 5 - number / MOST_CLASSES)
    broken = place.loc[dark.loc[dark["why"] == "broken", "component"]]
    # Crosses on black marks that lie side by side would run together to a white patch.
    crossed = len(broken) <= MOST_CROSSED
    _draw_nodes(axes, broken, BROKEN_COLOUR, max(size, 2 * LEAST_CROSS) if crossed else size, 6)
    if crossed:
        cross = max(size / 2, LEAST_CROSS)
        axes.scatter(broken["x"], broken["y"], s=cross, marker="x", color="white", linewidths=1, zorder=7)
    if len(place) <= MOST_LABELLED:
        _label(axes, place)
    axes.set_aspect("equal", adjustable="datalim")
    axes.set_xticks([])
    axes.set_yticks([])
    for side in axes.spines.values():
        side.set_visible(False)
    _draw_scale(axes, cascade, place)
    title = f"{plain(cascade.system.name, 50)}: what went dark, and when"
    titles(axes, title, _counts(cascade))
    figure.legend(
        handles=_map_legend(cascade, classes, shades),
        loc="outside lower center",
        ncols=4,
        frameon=False,
        fontsize=9,
    )


def _flat(longitude: Any, latitude: Any) -> tuple[Any, Any]:
    """Return degrees as they look on a map: those of longitude shrink towards the poles."""
    middle = np.radians((latitude.min() + latitude.max()) / 2)
    # A city across the date line is drawn in one piece.
    east = (longitude - longitude[0] + 180) % 360 - 180
    return east * np.cos(middle), latitude


def _draw_links(axes: Any, cascade: Cascade, place: pd.DataFrame, size: float) -> None:
    links = cascade.system.links
    broken = links["id"].isin(cascade.shock.components).to_numpy(dtype=bool)
    working = links[~broken]
    if len(working) <= MOST_LINKS:
        axes.add_collection(
            LineCollection(_lines(working, place), colors=LINK_COLOUR, linewidths=0.7, zorder=1)
        )
    lines = _lines(links[broken], place)
    axes.add_collection(LineCollection(lines, colors=BROKEN_COLOUR, linewidths=1.3, linestyles=":", zorder=3))
    middle = lines.mean(axis=1)
    axes.scatter(
        middle[:, 0],
        middle[:, 1],
        s=max(size / 2, LEAST_CROSS),
        marker="x",
        color=BROKEN_COLOUR,
        linewidths=1.3,
        zorder=6,
    )


def _lines(links: pd.DataFrame, place: pd.DataFrame) -> Any:
    ends = [place.loc[links[end], ["x", "y"]].to_numpy(dtype=float) for end in ("from_node", "to_node")]
    return np.stack(ends, axis=1)


def _draw_nodes(axes: Any, nodes: pd.DataFrame, colour: Any, size: float, zorder: float) -> None:
    for sector, rows in nodes.groupby("sector"):
        axes.scatter(
            rows["x"],
            rows["y"],
            s=size,
            marker=SHAPES.get(str(sector), SPARE_SHAPE),
            color=[colour],
            edgecolors="#333333",
            linewidths=size / LARGEST / 2,
            zorder=zorder,
        )


def _label(axes: Any, place: pd.DataFrame) -> None:
    for node, x, y in zip(place.index, place["x"], place["y"], strict=True):
        axes.annotate(
            plain(node, 20), (x, y), xytext=(6, 6), textcoords="offset points", fontsize=8, zorder=8
        )


def _classes(dark: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return what went dark by when: by time where buffers ran out, otherwise by wave; at most MOST_CLASSES."""
    later = dark["minute"] > 0
    if not later.any():
        return _binned(dark, "wave", MOST_CLASSES, lambda wave: f"wave {wave}")
    at_once = {"at once": dark[~later]} if not later.all() else {}
    return {
        **at_once,
        **_binned(dark[later], "minute", MOST_CLASSES - 1, lambda minute: f"after {duration(minute)}"),
    }


def _binned(
    dark: pd.DataFrame, column: str, most: int, name: Callable[[int], str]
) -> dict[str, pd.DataFrame]:
    values = sorted(set(dark[column]))
    found = {}
    for group in np.array_split(values, min(len(values), most)) if values else []:
        first, last = int(group[0]), int(group[-1])
        label = name(first) if first == last else f"{name(first)} to {name(last).split(' ', 1)[1]}"
        found[label] = dark[(dark[column] >= first) & (dark[column] <= last)]
    return found


def _draw_scale(axes: Any, cascade: Cascade, place: pd.DataFrame) -> None:
    """Draw a bar of a round length below the south-western corner."""
    width = place["x"].max() - place["x"].min()
    metres = float(great_circle_metres(0.0, 0.0, width, 0.0))
    length = max((step for step in SCALE_STEPS_KM if step * METRES_PER_KM <= metres / 3), default=0)
    if not length:
        return
    bar = width * length * METRES_PER_KM / metres
    west, south = place["x"].min(), place["y"].min() - 0.05 * (place["y"].max() - place["y"].min() or width)
    axes.plot([west, west + bar], [south, south], color=LINE_COLOUR, linewidth=2, solid_capstyle="butt")
    axes.annotate(
        f"{length:g} km",
        (west + bar, south),
        xytext=(5, 0),
        textcoords="offset points",
        va="center",
        fontsize=8,
        color=LINE_COLOUR,
    )


def _counts(cascade: Cascade) -> str:
    at_once, later = len(cascade.without_service), len(cascade.without_service_later)
    counts = f"{counted(len(cascade.shock.components), 'component')} broken, {counted(at_once, 'node')} out at once"
    return counts + (f", {later:,} more as buffers run out" if later else "")


def _map_legend(cascade: Cascade, classes: dict[str, pd.DataFrame], shades: Any) -> list[Line2D]:
    look: dict[str, Any] = {
        "linestyle": "none",
        "markeredgecolor": "#333333",
        "markeredgewidth": 0.5,
        "markersize": 7,
    }
    when = [
        Line2D([], [], marker="x", linestyle="none", color=BROKEN_COLOUR, label="broken"),
        *(
            Line2D([], [], marker="o", color=shade, label=f"{label} ({len(rows):,})", **look)
            for (label, rows), shade in zip(classes.items(), shades, strict=False)
        ),
        Line2D([], [], marker=".", linestyle="none", color=WORKING_COLOUR, label="works"),
    ]
    sectors = [
        Line2D([], [], marker=SHAPES.get(sector, SPARE_SHAPE), color="white", label=sector, **look)
        for sector in styles_of(cascade.system.nodes["sector"])
    ]
    return [*when, *sectors]


# The people.


def _draw_people(figure: Any, cascade: Cascade) -> None:
    axes = figure.add_subplot()
    people = cascade.people_over_time
    last = int(cascade.waves["minute"].max()) if len(cascade.waves) else 0
    end = max(last * 1.08, MINUTES_PER_HOUR)
    most = people.groupby("service")["persons_without"].max().to_dict()
    styles = styles_of(cascade.compiled.services)
    hit = [service for service in styles if most[service] > 0]
    for service in hit:
        rows = people[people["service"] == service]
        persons = rows["persons_without"].tolist()
        axes.step(
            [-end, *rows["minute"].tolist(), end],
            [0, *persons, persons[-1]],
            where="post",
            color=styles[service].colour,
            linestyle=styles[service].dash,
            linewidth=2.2,
            label=f"{service} {persons[-1]:,}",
        )
    persons_axis(axes)
    time_axes(axes, cascade.system.settings, end, most_ticks=6)
    # A little of the time before the shock, to see the first step.
    axes.set_xlim(-0.03 * end, end)
    axes.set_ylim(bottom=0, top=max(axes.get_ylim()[1] * 1.05, 1))
    titles(axes, "People without service while nothing is repaired", "")
    if hit:
        figure.legend(loc="outside lower center", ncols=3, frameon=False, title="most persons without each")
    else:
        axes.text(0.5, 0.5, "Nobody is without service.", transform=axes.transAxes, ha="center")
