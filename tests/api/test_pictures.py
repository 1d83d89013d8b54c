"""The pictures: what they are drawn from, and that they can be drawn for odd cities too."""

import struct

import pytest
from worlds import town

from api.pictures import MOST_ROWS, draw_gantt, draw_recovery, duty_spans
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
