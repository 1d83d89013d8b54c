"""The pictures: what they are drawn from, and that they can be drawn for odd cities too."""

import struct

import pytest
from worlds import town

from api import styles
from api.pictures import MOST_ROWS, Figure, draw_gantt, draw_recovery, duty_spans
from lifeline import Crew, Settings, Shift, Shock, build_problem, evaluate, schedule

PNG = b"\x89PNG\r\n\x1a\n"


def judged(system, sequences):
    problem = build_problem(system, Shock.from_table(system, system.damage))
    return evaluate(problem, schedule(problem, sequences))


def size(path):
    data = path.read_bytes()
    assert data.startswith(PNG)
    return struct.unpack(">II", data[16:24])


def crew(**given):
    return Crew(id="c", skills=frozenset({"power"}), longitude=0, latitude=0, **given)


def test_a_crew_that_works_round_the_clock_has_one_long_span():
    assert duty_spans(crew(), 3000) == [(0, 4320)]


def test_a_crew_that_comes_later_has_none_before():
    assert duty_spans(crew(available_from_minute=2000), 3000) == [(2000, 4320)]


def test_shifts_come_again_every_day_and_night_shifts_run_over_midnight():
    """From 22:00 to 06:00: the night before minute 0 reaches to minute 360."""
    assert duty_spans(crew(shifts=(Shift(1320, 1800),)), 1500) == [(0, 360), (1320, 1800), (2760, 2880)]


@pytest.mark.parametrize("crews", [1, 5, MOST_ROWS, MOST_ROWS + 15])
def test_both_pictures_can_be_drawn_for_any_number_of_crews(tmp_path, crews):
    names = [f"c{number:03}" for number in range(crews)]
    nodes = [f"P{number:03}" for number in range(crews)]
    system = town(
        power=" ".join(f"P*-{node}" for node in nodes),
        people=dict.fromkeys(nodes, 5),
        crews=dict.fromkeys(names, "power"),
        shifts={names[0]: [(60, 600)]},
        damage=dict.fromkeys(nodes, 60),
    )
    evaluation = judged(system, {name: [node] for name, node in zip(names, nodes, strict=True)})
    draw_recovery(evaluation, tmp_path / "recovery.png")
    draw_gantt(evaluation, tmp_path / "gantt.png")
    assert size(tmp_path / "recovery.png") == (1500, 840)
    width, height = size(tmp_path / "gantt.png")
    assert width == 1800
    assert height <= 150 * (2.3 + 0.21 * MOST_ROWS) + 1 or crews < MOST_ROWS


def test_cities_without_people_or_work_are_drawn_too(tmp_path):
    evaluation = judged(town(power="P1*-P2", crews={"c": "power"}), {})
    draw_recovery(evaluation, tmp_path / "recovery.png")
    draw_gantt(evaluation, tmp_path / "gantt.png")
    assert size(tmp_path / "recovery.png") == (1500, 840)


def test_dollar_signs_and_foreign_scripts_in_names_are_drawn_as_they_are(tmp_path):
    """matplotlib would read $...$ as a formula, and refuse this one."""
    system = town(
        power="P1*-$\\frac$",
        people={"$\\frac$": 5},
        crews={"$_^$ 東京": "power"},
        damage={"$\\frac$": 60},
        settings=Settings(name="$\\undefined{$ 東京"),
    )
    evaluation = judged(system, {"$_^$ 東京": ["$\\frac$"]})
    draw_recovery(evaluation, tmp_path / "recovery.png")
    draw_gantt(evaluation, tmp_path / "gantt.png", subtitle="$$")
    assert size(tmp_path / "gantt.png")[0] == 1800


@pytest.fixture
def figures(monkeypatch):
    """The figures that are drawn, in order, instead of files."""
    drawn = []
    monkeypatch.setattr(Figure, "savefig", lambda figure, *_, **__: drawn.append(figure))
    return drawn


def words_in(figure):
    return [text.get_text() for text in figure.axes[0].texts]


def two_repairs(tmp_path, *, horizon_minutes):
    system = town(
        power="P1*-P2",
        people={"P1": 5, "P2": 5},
        places={"P1": (0.0, 0.0), "P2": (0.0, 0.0)},
        crews={"c": "power"},
        damage={"P1": 60, "P2": 60},
        settings=Settings(horizon_minutes=horizon_minutes),
    )
    evaluation = judged(system, {"c": ["P1", "P2"]})
    draw_recovery(evaluation, tmp_path / "recovery.png")
    draw_gantt(evaluation, tmp_path / "gantt.png")


def test_both_pictures_have_a_labelled_line_at_a_horizon_within_the_time_drawn(tmp_path, figures):
    two_repairs(tmp_path, horizon_minutes=100)
    assert len(figures) == 2
    for figure in figures:
        assert "horizon Thu 01:40" in words_in(figure)
        assert any(list(line.get_xdata()) == [100, 100] for line in figure.axes[0].lines)


def test_a_horizon_beyond_the_time_drawn_is_not_drawn(tmp_path, figures):
    two_repairs(tmp_path, horizon_minutes=1440)
    assert not any("horizon" in word for figure in figures for word in words_in(figure))


def test_a_sector_without_a_style_of_its_own_is_drawn_in_a_spare_one(tmp_path, figures, monkeypatch):
    monkeypatch.delitem(styles.STYLES, "power")
    two_repairs(tmp_path, horizon_minutes=1440)
    recovery, gantt = figures
    (spare, *_) = styles.SPARE_STYLES
    assert [line.get_color() for line in recovery.axes[0].lines if line.get_label() == "power 10"] == [
        spare.colour
    ]
    assert "power repair" in [text.get_text() for text in gantt.legends[0].texts]


def test_spare_styles_go_by_place_among_the_sectors_without_one():
    found = styles.styles_of(["steam", "water", "heat"])
    assert list(found) == ["water", "heat", "steam"]
    assert (found["heat"], found["steam"]) == styles.SPARE_STYLES[:2]
