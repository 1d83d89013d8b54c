"""What all pictures share: the sheet they are drawn on, titles, and an axis of hours with the clock above it.

matplotlib draws without a screen, and without touching anyone's settings.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import matplotlib
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator

from api.wording import MINUTES_PER_HOUR, Clock

if TYPE_CHECKING:
    from lifeline.system import Settings

LINE_COLOUR = "#555555"
GRID_COLOUR = "#E5E5E5"

TICK_STEPS_HOURS = (0.25, 0.5, 1, 2, 3, 6, 12, 24, 48, 72, 168, 336, 672, 2016)
MOST_TICKS = 10
DOTS_PER_INCH = 150

SETTINGS = {
    "text.parse_math": False,
    "font.size": 10,
    "axes.spines.top": True,
    "axes.spines.right": False,
    "hatch.linewidth": 0.6,
    "svg.hashsalt": "lifeline",
}


@contextmanager
def canvas(path: Path, *, width: float, height: float) -> Iterator[Figure]:
    """Give a figure to draw on, in inches, and write it to `path` as PNG when the drawing is done."""
    with warnings.catch_warnings(), matplotlib.rc_context(SETTINGS):
        # A name in a script the font lacks is drawn as boxes; that is no news for whoever asked for a picture.
        warnings.simplefilter("ignore", UserWarning)
        layout = ConstrainedLayoutEngine(w_pad=0.12, h_pad=0.1)
        figure = Figure(figsize=(width, height), layout=layout, dpi=DOTS_PER_INCH)
        FigureCanvasAgg(figure)
        yield figure
        figure.savefig(path, format="png", dpi=DOTS_PER_INCH)


def titles(axes: Any, title: str, subtitle: str) -> None:
    """Write a title, and a second line if there is one."""
    axes.set_title(title + (f"\n{subtitle}" if subtitle else ""), loc="left", fontsize=11, pad=10)


def persons_axis(axes: Any) -> None:
    """Count whole persons upwards."""
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axes.yaxis.grid(visible=True, color=GRID_COLOUR)
    axes.set_axisbelow(True)
    axes.set_ylabel("persons without service")


def time_axes(axes: Any, settings: Settings, end: float, *, most_ticks: int = MOST_TICKS) -> None:
    """Number the lower axis in hours after the shock and the upper one by the clock."""
    clock = Clock(settings, int(end))
    hours = end / MINUTES_PER_HOUR
    step = next((step for step in TICK_STEPS_HOURS if hours / step <= most_ticks), hours / most_ticks)
    ticks = [number * step * MINUTES_PER_HOUR for number in range(int(hours / step) + 1)]
    axes.set_xlim(0, end)
    axes.xaxis.set_major_locator(FixedLocator(ticks))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda minute, _: f"{minute / MINUTES_PER_HOUR:g}"))
    axes.set_xlabel("hours after the shock")
    above = axes.secondary_xaxis("top")
    above.xaxis.set_major_locator(FixedLocator(ticks))
    above.xaxis.set_major_formatter(FuncFormatter(lambda minute, _: clock.short(round(minute))))
    above.tick_params(labelsize=8, colors=LINE_COLOUR)
