"""The picture of a cascade: what is drawn when and for whom, and that odd cities can be drawn too."""

import struct

import pytest
from matplotlib.figure import Figure
from worlds import four_sectors, town

from api import cascade_picture
from api.cascade_picture import draw_cascade
from lifeline import Settings, Shock
from lifeline.cascade import propagate


def cascade_of(system):
    return propagate(system, Shock.from_table(system, system.damage))


@pytest.fixture
def drawn(tmp_path, monkeypatch):
    """Draw a system; return the halves of the figure: the map and the people over time."""
    figures = []
    monkeypatch.setattr(Figure, "savefig", lambda figure, *_, **__: figures.append(figure))

    def draw(system):
        draw_cascade(cascade_of(system), tmp_path / "cascade.png")
        return figures[-1].subfigs

    return draw


def legend_of(half):
    (legend,) = half.legends
    return [text.get_text() for text in legend.get_texts()]


def test_a_picture_is_written_as_png_of_one_size(tmp_path):
    draw_cascade(cascade_of(four_sectors({"P2-P3": 60})), tmp_path / "cascade.png")
    data = (tmp_path / "cascade.png").read_bytes()
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    assert struct.unpack(">II", data[16:24]) == (2100, 1140)


def test_where_buffers_run_out_the_map_is_coloured_by_the_hour(drawn):
    """One node at once, three after 2 hours, four after 3 and four after 8, as the worked example has it."""
    left, right = drawn(four_sectors({"P2-P3": 60}))
    when = ["broken", "at once (1)", "after 2 h (3)", "after 3 h (4)", "after 8 h (4)", "works"]
    assert legend_of(left)[: len(when)] == when
    assert sorted(legend_of(left)[len(when) :]) == ["gas", "power", "telecom", "water"]
    assert "1 component broken, 1 node out at once, 11 more as buffers run out" in left.axes[0].get_title(
        loc="left"
    )
    assert sorted(legend_of(right)) == ["gas 50", "power 300", "telecom 40", "water 75"]


def test_the_curves_rise_when_people_lose_service(drawn):
    _, right = drawn(four_sectors({"P2-P3": 60}))
    curves = {line.get_label(): line for line in right.axes[0].lines}
    power = curves["power 300"]
    assert list(power.get_xdata())[1:-1] == [0, 480]
    assert list(power.get_ydata()) == [0, 200, 300, 300]


def test_without_buffers_the_map_is_coloured_by_the_wave(drawn):
    system = town(power="P1*-P2", water="W1*-W2", dependencies=[("W1", "P2")], damage={"P1": 60})
    left, right = drawn(system)
    when = ["broken", "wave 1 (1)", "wave 2 (1)", "wave 3 (1)", "works"]
    assert legend_of(left)[: len(when)] == when
    assert [text.get_text() for text in right.axes[0].texts] == ["Nobody is without service."]


def test_many_moments_share_a_colour_and_what_goes_at_once_keeps_its_own(drawn):
    """Ten pumps with batteries of 1 to 10 hours: six colours are left for them."""
    pumps = [f"W{hours:02}" for hours in range(1, 11)]
    system = town(
        power="P*-Q",
        water=" ".join(f"{pump}*" for pump in pumps),
        dependencies=[(pump, "P", "mains", 60 * hours) for hours, pump in enumerate(pumps, 1)],
        damage={"P": 60},
    )
    left, _ = drawn(system)
    when = legend_of(left)[:-3]
    assert when[:3] == ["broken", "at once (1)", "after 1 h to 2 h (2)"]
    assert when[-1] == "after 10 h (1)"
    assert len(when) == 2 + cascade_picture.MOST_CLASSES - 1


def test_names_are_written_beside_few_nodes_only(drawn, monkeypatch):
    left, _ = drawn(four_sectors({"P2-P3": 60}))
    assert {"P1", "W3", "T2"} <= {text.get_text() for text in left.axes[0].texts}
    monkeypatch.setattr(cascade_picture, "MOST_LABELLED", 5)
    left, _ = drawn(four_sectors({"P2-P3": 60}))
    assert "P1" not in {text.get_text() for text in left.axes[0].texts}


@pytest.mark.parametrize(
    "system",
    [
        town(power="P1*"),
        town(power="P1*-P2", damage={"P1": 60, "P2": 60}, places={"P1": (0.0, 0.0), "P2": (0.0, 0.0)}),
        town(power="A*-B", damage={"A-B": 60}, places={"A": (179.99, 50.0), "B": (-179.99, 50.0)}),
        town(
            power="$\\frac$*",
            people={"$\\frac$": 1},
            damage={"$\\frac$": 9},
            settings=Settings(name="$x$ 東"),
        ),
    ],
    ids=["nothing broken", "all in one place", "across the date line", "odd names"],
)
def test_odd_cities_are_drawn_too(tmp_path, system):
    draw_cascade(cascade_of(system), tmp_path / "cascade.png")
    assert (tmp_path / "cascade.png").stat().st_size > 1000


def test_a_city_across_the_date_line_is_drawn_in_one_piece(drawn):
    left, _ = drawn(town(power="A*-B", damage={"B": 60}, places={"A": (179.99, 0.0), "B": (-179.99, 0.0)}))
    west, east = left.axes[0].dataLim.intervalx
    assert east - west < 1
