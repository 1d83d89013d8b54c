"""A picture of a frontier: what each plan costs all people and the worst-served district, and each district's curve."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from matplotlib import colormaps
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, MaxNLocator

from api.canvas import GRID_COLOUR, LINE_COLOUR, TICK_STEPS_HOURS, canvas, titles
from api.frontier_report import district_name, is_weighted
from api.wording import MINUTES_PER_HOUR, hours_figure, plain, weighted_hours
from lifeline.evaluation import NOT_BACK

if TYPE_CHECKING:
    from lifeline.districts import DistrictLoss
    from lifeline.evaluation import Evaluation
    from solvers.frontier import Frontier

COLUMNS = 4
MOST_DISTRICTS = 12
LIGHTEST = 0.88  # of the colour map: beyond it lines are too pale on white
LETTER_PLACES = ((10, 9), (-10, -9), (13, 0), (-13, 0), (0, 13), (0, -13), (20, 9), (9, 20))
LETTERS_APART_POINTS = 13.0
STILL_TO_BE_SEEN = 0.01  # of the most services without: when less is left, curves end


def draw_frontier(frontier: Frontier, path: Path) -> None:
    """Draw the trade-off with every plan marked, and below it each district's recovery under every plan."""
    districts = _districts_drawn(frontier)
    rows = ceil(len(districts) / COLUMNS)
    with canvas(path, width=12, height=5.2 + 2.3 * rows) as figure:
        grid = figure.add_gridspec(1 + rows, COLUMNS, height_ratios=[4.4, *[2.1] * rows])
        colours = _colours(len(frontier.plans))
        top = figure.add_subplot(grid[0, :])
        _draw_trade_off(top, frontier, colours)
        _draw_districts(figure, grid, frontier, districts, colours)
        weighted = "weighted " if is_weighted(frontier.plans[0].evaluation.problem) else ""
        figure.legend(
            handles=_legend(frontier, colours),
            title=f"price in {weighted}person-hours",
            loc="outside lower center",
            ncols=7,
            frameon=False,
        )
        _write_letters(figure, top, frontier)


def _colours(count: int) -> list[Any]:
    return [colormaps["viridis"](LIGHTEST * number / max(count - 1, 1)) for number in range(count)]


def _draw_trade_off(axes: Any, frontier: Frontier, colours: Sequence[Any]) -> None:
    """Draw the worst-served district's hours a person over all people's person-hours."""
    places = _places(frontier)
    axes.plot(*zip(*places, strict=True), color=LINE_COLOUR, linewidth=1, zorder=1)
    for place, colour in zip(places, colours, strict=True):
        axes.plot(*place, "o", color=colour, markersize=9, zorder=2)
    problem = frontier.plans[0].evaluation.problem
    unit = "weighted " if is_weighted(problem) else ""
    axes.set_xlabel(f"{unit}person-hours without service, all people together")
    axes.set_ylabel(f"{unit}hours a person\nin the worst-served district")
    axes.xaxis.set_major_locator(MaxNLocator(nbins=8))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))
    axes.grid(visible=True, color=GRID_COLOUR)
    axes.set_axisbelow(True)
    axes.margins(x=0.06, y=0.14)
    note = "to the right: dearer for all together; further down: the worst-served district is better off"
    titles(axes, f"{plain(problem.system.name, 60)}: from most people first to no district left behind", note)


def _places(frontier: Frontier) -> list[tuple[float, float]]:
    return [
        (weighted_hours(plan.evaluation.base_objective), plan.worst.hours_per_person if plan.worst else 0.0)
        for plan in frontier.plans
    ]


def _write_letters(figure: Figure, axes: Any, frontier: Frontier) -> None:
    """Write each plan's letter beside its mark, where it is clear of the marks and of the letters before it."""
    figure.draw_without_rendering()
    scale = 72 / figure.dpi
    marks = [axes.transData.transform(place) * scale for place in _places(frontier)]
    taken = [tuple(mark) for mark in marks]
    for plan, place, mark in zip(frontier.plans, _places(frontier), marks, strict=True):
        offset = max(LETTER_PLACES, key=lambda by: _room(mark, by, taken, tuple(mark)))
        taken.append((mark[0] + offset[0], mark[1] + offset[1]))
        axes.annotate(
            plan.letter,
            place,
            xytext=offset,
            textcoords="offset points",
            ha="center",
            va="center",
            fontweight="bold",
        )


def _room(mark: Any, by: tuple[int, int], taken: Sequence[Any], own: Any) -> float:
    """Return how far a letter would be from what is nearest, up to what is enough, in points."""
    at = (mark[0] + by[0], mark[1] + by[1])
    others = [place for place in taken if place != own]
    nearest = min(
        (float(((at[0] - place[0]) ** 2 + (at[1] - place[1]) ** 2) ** 0.5) for place in others),
        default=LETTERS_APART_POINTS,
    )
    return min(nearest, LETTERS_APART_POINTS)


def _districts_drawn(frontier: Frontier) -> list[str]:
    """Return the districts that lose most a person under any plan, by name."""
    most: dict[str, DistrictLoss] = {}
    for plan in frontier.plans:
        for loss in plan.evaluation.district_losses:
            if loss.objective and (
                loss.district not in most or loss.per_person > most[loss.district].per_person
            ):
                most[loss.district] = loss
    ranked = sorted(most.values(), key=lambda loss: (-loss.per_person, loss.district))
    return sorted(loss.district for loss in ranked[:MOST_DISTRICTS])


def _draw_districts(
    figure: Figure, grid: Any, frontier: Frontier, districts: Sequence[str], colours: Sequence[Any]
) -> None:
    """Draw for each district how many services a person is without, over time, under every plan."""
    lasts = [_nearly_over(plan.evaluation, name) for plan in frontier.plans for name in districts]
    end = max(max(lasts, default=0) * 1.05, MINUTES_PER_HOUR)
    shared: Any = None
    for number, district in enumerate(districts):
        axes = figure.add_subplot(grid[1 + number // COLUMNS, number % COLUMNS], sharex=shared, sharey=shared)
        shared = shared or axes
        for plan, colour in zip(frontier.plans, colours, strict=True):
            _draw_curve(axes, plan.evaluation, district, colour, end)
        axes.set_title(district_name(district), loc="left", fontsize=9, pad=3)
        axes.spines["top"].set_visible(False)
        axes.yaxis.grid(visible=True, color=GRID_COLOUR)
        axes.set_axisbelow(True)
        axes.tick_params(labelsize=8)
        if number % COLUMNS == 0:
            axes.set_ylabel("services missing\nfor each person", fontsize=8)
        if number + COLUMNS >= len(districts):
            axes.set_xlabel("hours after the shock", fontsize=8)
    if shared is not None:
        hours = end / MINUTES_PER_HOUR
        step = next((step for step in TICK_STEPS_HOURS if hours / step <= 6), hours / 6)
        shared.set_xticks([step * MINUTES_PER_HOUR * tick for tick in range(int(hours / step) + 1)])
        shared.xaxis.set_major_formatter(FuncFormatter(lambda minute, _: f"{minute / MINUTES_PER_HOUR:g}"))
        shared.set_xlim(0, end)
        shared.set_ylim(bottom=0)


def _draw_curve(axes: Any, evaluation: Evaluation, district: str, colour: Any, end: float) -> None:
    persons = next(loss.persons for loss in evaluation.district_losses if loss.district == district)
    curve = evaluation.recovery(district=district)
    without = [number / persons for number in curve["persons_without"].tolist()]
    axes.step(
        [*curve["minute"].tolist(), end], [*without, without[-1]], where="post", color=colour, linewidth=1.3
    )


def _nearly_over(evaluation: Evaluation, district: str) -> int:
    """Return the minute from which a district's curve can no longer be told from the ground, or of its last step."""
    minute = evaluation.minute_when_back(1 - STILL_TO_BE_SEEN, district=district)
    return minute if minute != NOT_BACK else int(evaluation.recovery(district=district)["minute"].max())


def _legend(frontier: Frontier, colours: Sequence[Any]) -> list[Line2D]:
    handles = []
    for plan, colour in zip(frontier.plans, colours, strict=True):
        price = f"+{hours_figure(weighted_hours(plan.price))}" if plan.price else "most people first"
        handles.append(Line2D([], [], color=colour, marker="o", linewidth=2, label=f"{plan.letter}  {price}"))
    return handles
