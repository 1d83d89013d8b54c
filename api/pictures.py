"""Two pictures of a plan: who is without which service until when, and what every crew does when."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from matplotlib.figure import Figure
from matplotlib.patches import Patch

from api.canvas import LINE_COLOUR, canvas, persons_axis, time_axes, titles
from api.left_behind import stuck_people
from api.styles import Style, styles_of
from api.wording import MINUTES_PER_HOUR, Clock, counted, hours_figure, plain
from lifeline.evaluation import NOT_BACK

if TYPE_CHECKING:
    from lifeline.crews import Crew
    from lifeline.evaluation import Evaluation
    from lifeline.plan import Visit

TRAVEL_COLOUR = "#999999"
OFF_SHIFT_COLOUR = "#EDEDED"

MARKS = (0.5, 0.9, 0.99)
ROOM_BELOW_MARKS = 0.8  # of the height, so that no curve runs through the marks' words
MOST_ROWS = 60
MOST_LABELLED_VISITS = 150
LETTER_WIDTH = 0.6  # of its size, at most on the average of a name
POINTS_PER_INCH = 72

Span = tuple[int, int]


def draw_recovery(evaluation: Evaluation, path: Path, *, subtitle: str = "") -> None:
    """Draw the persons without each service over the hours after the shock."""
    with canvas(path, width=10, height=5.6) as figure:
        axes = figure.add_subplot()
        end = max(_last_change(evaluation) * 1.04, MINUTES_PER_HOUR)
        # Solid lines first: a dashed one on top of them leaves both to be seen where they run together.
        styles = _styles(evaluation)
        services = [service for service in styles if service in evaluation.by_service]
        drawn = [_draw_curve(axes, evaluation, service, styles[service], end) for service in services]
        axes.set_ylim(bottom=0, top=max(axes.get_ylim()[1] / ROOM_BELOW_MARKS, 1))
        persons_axis(axes)
        time_axes(axes, evaluation.problem.system.settings, end)
        _draw_horizon(axes, evaluation, end)
        stuck = sum(stuck_people(evaluation).values())
        if any(drawn):
            _draw_marks(axes, evaluation, end)
            figure.legend(
                loc="outside lower center",
                ncols=len(services),
                frameon=False,
                title="most persons without each",
            )
        else:
            nobody = "Nobody whom a repair brings back" if stuck else "Nobody"
            axes.text(0.5, 0.5, f"{nobody} is without service.", transform=axes.transAxes, ha="center")
        note = (
            f"{subtitle}\n{counted(stuck, 'person')} whom no repair brings back not drawn"
            if stuck
            else subtitle
        )
        titles(axes, f"{_name(evaluation)}: persons without each service", note)


def draw_gantt(evaluation: Evaluation, path: Path, *, subtitle: str = "") -> None:
    """Draw one row a crew: travel thin and hatched, work solid in its sector's colour, waiting left blank."""
    busy = _visits_of_crews(evaluation)
    shown = list(busy.items())[:MOST_ROWS]
    row_height = 0.42 if len(shown) <= 12 else 0.3 if len(shown) <= 30 else 0.21
    with canvas(path, width=12, height=2.3 + row_height * max(len(shown), 3)) as figure:
        axes = figure.add_subplot()
        end = max((visit.finish for _, visits in shown for visit in visits), default=0) * 1.01
        end = max(end, MINUTES_PER_HOUR)
        for row, (crew, visits) in enumerate(shown):
            _draw_row(axes, evaluation, row, crew, visits, int(end) + 1)
        axes.set_yticks(range(len(shown)), [plain(crew.id, 30) for crew, _ in shown])
        axes.tick_params(axis="y", length=0, labelsize=9 if len(shown) <= 30 else 8)
        axes.set_ylim(max(len(shown), 1) - 0.4, -0.6)
        axes.xaxis.grid(visible=True, color="#DDDDDD", linewidth=0.6)
        axes.set_axisbelow(True)
        time_axes(axes, evaluation.problem.system.settings, end)
        _draw_horizon(axes, evaluation, end)
        titles(axes, f"{_name(evaluation)}: work of the crews", _gantt_note(evaluation, len(busy), subtitle))
        figure.legend(handles=_gantt_legend(evaluation), loc="outside lower center", ncols=7, frameon=False)
        if shown:
            _label_jobs(figure, axes, evaluation, shown)


def _name(evaluation: Evaluation) -> str:
    return plain(evaluation.problem.system.name, 60)


def _draw_horizon(axes: Any, evaluation: Evaluation, end: float) -> None:
    """Draw a labelled line where the counting ends, if that is within the time drawn."""
    horizon = evaluation.problem.horizon_minutes
    if horizon >= end:
        return
    clock = Clock(evaluation.problem.system.settings, int(end))
    axes.axvline(horizon, color="black", linewidth=1.4, zorder=3)
    axes.annotate(
        f"horizon {clock.short(horizon)}",
        (horizon, 0.5),
        xycoords=("data", "axes fraction"),
        rotation=90,
        ha="center",
        va="center",
        fontsize=8,
        zorder=4,
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 1},
    )


def _styles(evaluation: Evaluation) -> dict[str, Style]:
    """Return the styles of all sectors that are served or broken, so that both pictures look the same."""
    return styles_of([*evaluation.by_service, *(job.sector for job in evaluation.problem.jobs)])


# The recovery curves.


def _last_change(evaluation: Evaluation) -> int:
    return int(evaluation.curves["minute"].max()) if len(evaluation.curves) else 0


def _draw_curve(axes: Any, evaluation: Evaluation, service: str, style: Style, end: float) -> bool:
    """Draw one service's curve; tell whether anybody ever was without it."""
    curve = evaluation.recovery(service)
    persons = curve["persons_without"].tolist()
    if max(persons, default=0) == 0:
        return False
    axes.step(
        [*curve["minute"].tolist(), end],
        [*persons, persons[-1]],
        where="post",
        color=style.colour,
        linestyle=style.dash,
        linewidth=2.2,
        label=f"{service} {max(persons):,}",
    )
    return True


def _draw_marks(axes: Any, evaluation: Evaluation, end: float) -> None:
    """Mark when 50, 90 and 99 % of all services lost are back."""
    by_minute: dict[int, list[str]] = {}
    for fraction in MARKS:
        minute = evaluation.minute_when_back(fraction)
        if minute not in (NOT_BACK, 0):
            by_minute.setdefault(minute, []).append(f"{fraction * 100:g}")
    clock = Clock(evaluation.problem.system.settings, int(end))
    for step, (minute, fractions) in enumerate(by_minute.items()):
        axes.axvline(minute, color=LINE_COLOUR, linewidth=0.9, linestyle=(0, (4, 3)), zorder=1)
        axes.annotate(
            f"{', '.join(fractions)} % back {clock.short(minute)}",
            (minute, 0.985 - 0.065 * step),
            xycoords=("data", "axes fraction"),
            xytext=(4 if minute < 0.75 * end else -4, 0),
            textcoords="offset points",
            ha="left" if minute < 0.75 * end else "right",
            va="top",
            fontsize=9,
            color="#333333",
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 1, "alpha": 0.85},
        )


# The rows of the crews.


def _visits_of_crews(evaluation: Evaluation) -> dict[Crew, list[Visit]]:
    """Return the crews that have work, by id, with their visits in order.

    After a re-plan a crew can be sent from that minute on; it was there before, as its visits show.
    """
    visits: dict[str, list[Visit]] = {}
    for visit in evaluation.plan.visits:
        visits.setdefault(visit.crew, []).append(visit)
    return {
        replace(
            crew, available_from_minute=min(crew.available_from_minute, visits[crew.id][0].depart)
        ): visits[crew.id]
        for crew in evaluation.problem.crews
        if crew.id in visits
    }


def _draw_row(axes: Any, evaluation: Evaluation, row: int, crew: Crew, visits: list[Visit], end: int) -> None:
    problem = evaluation.problem
    duty, styles = duty_spans(crew, end), _styles(evaluation)
    axes.broken_barh(_widths(_gaps(duty, end)), (row - 0.5, 1), color=OFF_SHIFT_COLOUR, zorder=0)
    for visit in visits:
        travel = _widths(_within((visit.depart, visit.arrive), duty))
        axes.broken_barh(
            travel,
            (row - 0.13, 0.26),
            facecolor="white",
            edgecolor=TRAVEL_COLOUR,
            hatch="//////",
            linewidth=0.4,
        )
        colour = styles[problem.job(visit.job).sector].colour
        work = _widths(_within((visit.start, visit.finish), duty))
        axes.broken_barh(
            work, (row - 0.36, 0.72), facecolor=colour, edgecolor="white", linewidth=0.7, zorder=2
        )


def duty_spans(crew: Crew, end: int) -> list[Span]:
    """Return the spans of minutes, up to `end`, in which a crew is on duty and there."""
    spans: list[Span] = []
    for period in range(0, end + 1, crew.period_minutes):
        for opens, closes in crew.windows:
            start, stop = max(period + opens, crew.available_from_minute), period + closes
            if spans and spans[-1][1] == start:
                spans[-1] = (spans[-1][0], stop)
            elif start < stop:
                spans.append((start, stop))
    return spans


def _within(span: Span, duty: list[Span]) -> list[Span]:
    start, end = span
    return [(max(start, opens), min(end, closes)) for opens, closes in duty if opens < end and start < closes]


def _gaps(duty: list[Span], end: int) -> list[Span]:
    edges = [0, *(edge for span in duty for edge in span), end]
    return [(start, stop) for start, stop in zip(edges[::2], edges[1::2], strict=True) if start < stop]


def _widths(spans: list[Span]) -> list[Span]:
    return [(start, end - start) for start, end in spans]


def _label_jobs(
    figure: Figure, axes: Any, evaluation: Evaluation, shown: list[tuple[Crew, list[Visit]]]
) -> None:
    """Write each job's name into its bar where there is room for it."""
    if sum(len(visits) for _, visits in shown) > MOST_LABELLED_VISITS:
        return
    figure.draw_without_rendering()
    points_per_minute = axes.bbox.width / figure.dpi * POINTS_PER_INCH / axes.get_xlim()[1]
    size, styles = 8, _styles(evaluation)
    for row, (crew, visits) in enumerate(shown):
        for visit in visits:
            spans = _within((visit.start, visit.finish), duty_spans(crew, visit.finish))
            # What has happened may have happened off duty.
            start, end = max(spans, key=lambda span: span[1] - span[0], default=(visit.start, visit.finish))
            name = plain(visit.job)
            if len(name) * size * LETTER_WIDTH + 6 <= (end - start) * points_per_minute:
                ink = styles[evaluation.problem.job(visit.job).sector].ink
                axes.text((start + end) / 2, row, name, ha="center", va="center", fontsize=size, color=ink)


def _gantt_note(evaluation: Evaluation, busy: int, subtitle: str) -> str:
    notes = [subtitle] if subtitle else []
    if busy > MOST_ROWS:
        notes.append(f"the first {MOST_ROWS} of {counted(busy, 'crew')}; the rest are in worklists.csv")
    idle = len(evaluation.problem.crews) - busy
    if idle:
        notes.append(f"{counted(idle, 'crew')} without a job not drawn")
    return "\n".join(notes)


def _gantt_legend(evaluation: Evaluation) -> list[Patch]:
    problem = evaluation.problem
    sectors = {problem.job(visit.job).sector for visit in evaluation.plan.visits}
    styles = _styles(evaluation)
    handles = [Patch(color=styles[sector].colour, label=f"{sector} repair") for sector in sorted(sectors)]
    handles.append(Patch(facecolor="white", edgecolor=TRAVEL_COLOUR, hatch="//////", label="travel"))
    if any(crew.shifts or crew.available_from_minute for crew in problem.crews):
        handles.append(Patch(color=OFF_SHIFT_COLOUR, label="off duty"))
    return handles


def plan_subtitle(evaluation: Evaluation) -> str:
    """Return what stands under a picture's title: the figure the plan is judged by."""
    jobs = counted(len(evaluation.plan.visits), "job")
    return f"{jobs}, {hours_figure(evaluation.person_hours)} person-hours without service"
