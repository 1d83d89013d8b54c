"""The service rule `hydraulic`: small networks worked by hand, and WNTR's own model of published ones."""

import sys
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pytest
from epanet_worlds import hamlet, wntr_networks

from lifeline.errors import InvalidInput, SolverFailure
from lifeline.extras import needs, quietly
from lifeline.importers.epanet import read_epanet
from lifeline.importers.epanet_state import working_points
from lifeline.importers.epanet_text import read_inp
from lifeline.service import hydraulic, water_model
from lifeline.service.hydraulic import Hydraulic, SteadyState
from lifeline.service.rule import SectorNetwork
from lifeline.service.water_model import MINIMUM_PRESSURE_M, PRESSURE_EXPONENT, REQUIRED_PRESSURE_M
from lifeline.service.water_parts import LITRES_PER_HOUR
from lifeline.system import Settings, System

Row = Mapping[str, Any]

# 50 l/s through 1 km of 300 mm pipe with C = 100, out of a lake at 100 m.
LAKE = {"id": "lake", "source": True, "head_m": 100.0}
TOWN = {"id": "town", "elevation_m": 20.0, "demand": 180_000}
MAIN = {"id": "main", "from_node": "lake", "to_node": "town", "length_km": 1.0}
PIPE = {"diameter_mm": 300.0, "roughness": 100.0}
# As good as no loss at all.
WIDE = {"length_km": 0.001, "diameter_mm": 2000.0, "roughness": 150.0}


def network_of(nodes: Sequence[Row], links: Sequence[Row]) -> SectorNetwork:
    place = {"sector": "water", "longitude": 0.0, "latitude": 0.0}
    system = System.from_tables(
        {
            "nodes": [{**place, **node} for node in nodes],
            "links": [{"sector": "water", "kind": "pipe", **link} for link in links],
        }
    )
    return SectorNetwork.of(system, "water")


@pytest.fixture(scope="session")
def _wntr() -> None:
    wntr_networks()


@pytest.fixture
def worked(_wntr: None) -> Callable[..., dict[str, Any]]:
    """Work out a small network and return heads (m), flows (m3/s) and litres an hour by id."""

    def run(nodes: Sequence[Row], links: Sequence[Row], broken: Sequence[str] = ()) -> dict[str, Any]:
        network = network_of(nodes, links)
        rule = Hydraulic.of(network, Settings())
        able = ~network.nodes["id"].isin(broken).to_numpy()
        intact = ~network.links["id"].isin(broken).to_numpy()
        state, served = rule.steady_state(able, intact), rule.serve(able, intact)
        ids = network.nodes["id"].tolist()
        return {
            "head": dict(zip(ids, state.head_m.tolist(), strict=True)),
            "flow": dict(zip(network.links["id"], state.flow_m3_s.tolist(), strict=True)),
            "served": dict(zip(ids, served.flow.tolist(), strict=True)),
            "reached": [one for one, reached in zip(ids, served.reached, strict=True) if reached],
        }

    return run


def test_head_falls_by_hazen_williams(worked):
    # 10.667 x 1000 m x (0.05 m3/s)^1.852 / (100^1.852 x 0.3^4.871) = 10.667 x 1000 x 0.0038953 / (5058.2 x 0.0028382)
    # = 2.894 m.
    town = worked([LAKE, TOWN], [MAIN | PIPE])
    assert town["head"]["town"] == pytest.approx(100 - 2.894, abs=1e-3)
    assert town["flow"]["main"] == pytest.approx(0.05, abs=1e-8)
    assert town["served"]["town"] == 180_000


def test_head_falls_by_bends_too(worked):
    # v = 0.05 / (pi x 0.15^2) = 0.70736 m/s; 40 x v^2 / (2 x 9.81) = 1.020 m more.
    town = worked([LAKE, TOWN], [MAIN | PIPE | {"minor_loss": 40.0}])
    assert town["head"]["town"] == pytest.approx(100 - 2.894 - 1.020, abs=2e-3)


def test_a_pipe_without_a_length_is_as_long_as_the_straight_line(worked):
    # 1 km along the equator is 1 / 111.195 of a degree.
    town = TOWN | {"longitude": 1 / 111.195}
    head = worked([LAKE, town], [{**MAIN, **PIPE, "length_km": None}])["head"]["town"]
    assert head == pytest.approx(100 - 2.894, abs=1e-3)


def test_at_a_quarter_of_the_pressure_half_of_the_water_comes(worked):
    hill = TOWN | {"elevation_m": 100 - REQUIRED_PRESSURE_M / 4, "demand": 1000}
    assert worked([LAKE, hill], [MAIN | WIDE])["served"]["town"] == 500


def test_water_does_not_run_uphill(worked):
    hill = TOWN | {"elevation_m": 101.0}
    town = worked([LAKE, hill], [MAIN | WIDE])
    assert town["served"]["town"] == 0
    assert town["reached"] == ["lake", "town"]


def test_what_is_cut_off_is_neither_reached_nor_served(worked):
    farm = {"id": "farm", "elevation_m": 20.0, "demand": 100}
    lane = {"id": "lane", "from_node": "town", "to_node": "farm", "length_km": 1.0}
    parts = [LAKE, TOWN, farm], [MAIN | PIPE, lane | PIPE]
    assert worked(*parts)["served"] == {"farm": 100, "lake": 0, "town": 180_000}
    without_lane = worked(*parts, broken=["lane"])
    assert without_lane["reached"] == ["lake", "town"]
    assert without_lane["served"] == {"farm": 0, "lake": 0, "town": 180_000}
    assert worked(*parts, broken=["town"])["reached"] == ["lake"]
    nothing = worked(*parts, broken=["lake"])
    assert (nothing["reached"], nothing["served"]) == ([], {"farm": 0, "lake": 0, "town": 0})
    assert np.isnan(nothing["head"]["town"])


def test_who_stands_at_the_source_is_served_without_a_pipe(worked):
    assert worked([LAKE | {"demand": 7}], [])["served"] == {"lake": 7}


def test_a_directed_pipe_is_a_check_valve(worked):
    # The pond is lower than the town's pressure: without the valve, water would run into it.
    pond = {"id": "pond", "source": True, "head_m": 30.0}
    lane = {"id": "lane", "from_node": "pond", "to_node": "town", **WIDE}
    open_lane = worked([LAKE, TOWN, pond], [MAIN | PIPE, lane])
    assert open_lane["flow"]["lane"] < -0.1
    valved = worked([LAKE, TOWN, pond], [MAIN | PIPE, lane | {"directed": True}])
    assert valved["flow"]["lane"] == pytest.approx(0, abs=1e-8)
    assert valved["served"]["town"] == 180_000
    backwards = [{"id": "one", "from_node": "town", "to_node": "lake", "directed": True, **WIDE}]
    assert worked([LAKE, TOWN], backwards)["reached"] == ["lake"]


PUMP = {"id": "pump", "kind": "pump"}
# 180,000 l/h at 60 m.
AROUND_PUMP = [
    {"id": "in", "from_node": "lake", "to_node": "pump", "directed": True},
    {"id": "out", "from_node": "pump", "to_node": "town", "directed": True, "head_curve": "180000:60"},
]


def test_a_pump_lifts_by_its_curve(worked):
    town = worked([LAKE, TOWN | {"elevation_m": 120.0}, PUMP], AROUND_PUMP)
    assert town["head"]["town"] == pytest.approx(160, abs=1e-6)
    assert town["flow"]["in"] == town["flow"]["out"] == pytest.approx(0.05)
    # At half of that flow: 60 x (4/3 - 1/3 x 0.5^2) = 75 m.
    half = worked([LAKE, TOWN | {"elevation_m": 120.0, "demand": 90_000}, PUMP], AROUND_PUMP)
    assert half["head"]["town"] == pytest.approx(175, abs=1e-6)


@pytest.mark.parametrize(
    ("curve", "head"),
    [
        # A straight line from 80 m at no flow to 40 m at 360,000 l/h; and the same one told from 90,000 l/h on.
        ("0:80;360000:40", 60),
        ("90000:70;360000:40", 60),
        # 80 - 20 (q / 180,000)^2.
        ("0:80;180000:60;360000:0", 60),
    ],
)
def test_a_curve_of_more_points_is_followed(worked, curve, head):
    links = [AROUND_PUMP[0], AROUND_PUMP[1] | {"head_curve": curve}]
    town = worked([LAKE, TOWN | {"elevation_m": 120.0}, PUMP], links)
    assert town["head"]["town"] == pytest.approx(100 + head, abs=1e-3)


@pytest.mark.parametrize("broken", ["pump", "in", "out"])
def test_a_pump_that_is_broken_or_without_power_lifts_nothing(worked, broken):
    town = worked([LAKE, TOWN | {"elevation_m": 120.0}, PUMP], AROUND_PUMP, broken=[broken])
    assert town["served"]["town"] == 0
    assert "town" not in town["reached"]


def test_a_link_with_a_head_curve_is_a_pump_without_a_node(worked):
    link = MAIN | {"directed": True, "head_curve": "180000:60"}
    assert worked([LAKE, TOWN | {"elevation_m": 120.0}], [link])["head"]["town"] == pytest.approx(
        160, abs=1e-6
    )


GATE = {"id": "gate", "elevation_m": 20.0}
TO_GATE = {"id": "main", "from_node": "lake", "to_node": "gate", **WIDE}
VALVE = {"id": "valve", "from_node": "gate", "to_node": "town", "diameter_mm": 300.0}


def test_a_pressure_reducing_valve_holds_the_pressure_behind_it(worked):
    valve = VALVE | {"kind": "PRV", "directed": True, "valve_setting": 30.0}
    assert worked([LAKE, GATE, TOWN], [TO_GATE, valve])["head"]["town"] == pytest.approx(20 + 30, abs=1e-6)


# WNTR holds these two open unless there is a source on the far side too.
POND = {"id": "pond", "source": True, "head_m": 30.0}
FROM_POND = {"id": "lane", "from_node": "pond", "to_node": "town", **WIDE}


def test_a_flow_control_valve_lets_no_more_through(worked):
    valve = VALVE | {"kind": "FCV", "valve_setting": 60_000}
    town = worked([LAKE, GATE, TOWN, POND], [TO_GATE, valve, FROM_POND])
    assert town["flow"]["valve"] == pytest.approx(60_000 / LITRES_PER_HOUR, rel=1e-6)
    assert town["head"]["town"] == pytest.approx(30, abs=0.01)


def test_a_throttle_valve_takes_its_coefficient_of_the_velocity_head(worked):
    # 400 x v^2 / (2 x 9.81) with v = 0.70736 m/s: 10.20 m.
    valve = VALVE | {"kind": "TCV", "valve_setting": 400.0}
    assert worked([LAKE, GATE, TOWN], [TO_GATE, valve])["head"]["town"] == pytest.approx(89.80, abs=0.01)


def test_a_pressure_sustaining_valve_holds_the_pressure_before_it(worked):
    # Open, it would let the lake run into the pond until the main had eaten up the 70 m between them.
    main = TO_GATE | {"length_km": 1.0} | PIPE
    valve = VALVE | {"kind": "PSV", "directed": True, "valve_setting": 70.0}
    town = worked([LAKE, GATE, TOWN, POND], [main, valve, FROM_POND])
    assert town["head"]["gate"] == pytest.approx(20 + 70, abs=1e-6)


# Published networks, imported and laid beside WNTR's own model of the file.


def rule_for(name: str) -> tuple[SectorNetwork, Hydraulic]:
    network = SectorNetwork.of(read_epanet(wntr_networks() / f"{name}.inp").system, "water")
    return network, Hydraulic.of(network, Settings())


def everything(network: SectorNetwork) -> tuple[np.ndarray, np.ndarray]:
    return np.ones(len(network.nodes), bool), np.ones(len(network.links), bool)


def not_balanced_m3_s(network: SectorNetwork, state: SteadyState) -> float:
    """The most water that appears or disappears at a node that is no source."""
    leaves = np.zeros(len(network.nodes))
    np.add.at(leaves, network.tail, state.flow_m3_s)
    np.add.at(leaves, network.head, -state.flow_m3_s)
    return float(np.abs((leaves + state.delivered_m3_s)[~network.source]).max())


def of_wntr(name: str, demand_model: str) -> Any:
    """Simulate the original file at time 0, with the pressures of the rule."""
    wntr = needs("wntr", "water", "for this test")
    with quietly("wntr"), warnings.catch_warnings():
        model = wntr.network.WaterNetworkModel(str(wntr_networks() / f"{name}.inp"))
        model.options.time.duration = 0
        settings = model.options.hydraulic
        settings.demand_model, settings.pressure_exponent = demand_model, PRESSURE_EXPONENT
        settings.required_pressure, settings.minimum_pressure = REQUIRED_PRESSURE_M, MINIMUM_PRESSURE_M
        return wntr.sim.WNTRSimulator(model).run_sim()


@pytest.mark.parametrize("demand_model", ["PDD", "DD"])
@pytest.mark.parametrize("name", ["Net1", "Net3"])
def test_heads_and_flows_are_those_of_wntr_on_the_original_file(name, demand_model):
    network, rule = rule_for(name)
    state = rule.steady_state(*everything(network))
    theirs = of_wntr(name, demand_model)
    head, flow = theirs.node["head"].iloc[0], theirs.link["flowrate"].iloc[0]
    compared = 0
    for node, ours in zip(network.nodes["id"], state.head_m, strict=True):
        if node in head.index and np.isfinite(ours):
            assert ours == pytest.approx(head[node], abs=0.01), node
            compared += 1
    # All but the pumps, and in Net3 the lake, whose pump stands still.
    assert compared == {"Net1": 11, "Net3": 97}[name]
    for link, ours in zip(network.links["id"], state.flow_m3_s, strict=True):
        original = link.removesuffix(" in").removesuffix(" out").removeprefix("pipe:").removeprefix("pump:")
        # Demands are whole litres an hour, of which a pipe's flow adds up many: 1e-6 m3/s is 4 of them.
        assert ours == pytest.approx(flow[original], rel=1e-3, abs=1e-6), link
    assert not_balanced_m3_s(network, state) <= 1e-6


def test_an_undamaged_city_is_served_to_the_last_litre():
    network, rule = rule_for("Net3")
    served = rule.serve(*everything(network))
    assert served.flow.tolist() == network.demand.tolist()
    assert served.reached.all()


def test_whatever_breaks_no_water_is_lost_and_nobody_gets_more_than_they_ask_for():
    network, rule = rule_for("Net1")
    rng = np.random.default_rng(7)
    for _ in range(60):
        able, intact = (rng.random(count) > 0.15 for count in (len(network.nodes), len(network.links)))
        served, state = rule.serve(able, intact), rule.steady_state(able, intact)
        assert not_balanced_m3_s(network, state) <= 1e-6
        assert (served.flow >= 0).all()
        assert (served.flow <= network.demand).all()
        assert not served.flow[~served.reached].any()
        assert not served.reached[~able].any()


def test_heads_are_those_of_epanet_where_wntr_itself_finds_no_solution():
    # ky10 has pumps of constant power, five PRVs and a full tank; WNTR's simulator does not settle on the file.
    network, rule = rule_for("ky10")
    state = rule.steady_state(*everything(network))
    theirs = working_points(read_inp(wntr_networks() / "ky10.inp"))
    junctions = (network.nodes["kind"] == "water junction").to_numpy() & np.isfinite(state.head_m)
    # All 920, but the two behind the pump that stands still.
    assert junctions.sum() == 918
    for node, ours in zip(network.nodes["id"][junctions], state.head_m[junctions], strict=True):
        assert ours == pytest.approx(theirs.head[node], abs=0.01), node
    assert not_balanced_m3_s(network, state) <= 1e-6


# What the rule remembers, and what it refuses.


def test_a_state_is_worked_out_once(worked, monkeypatch):
    network = network_of([LAKE, TOWN], [MAIN | PIPE])
    rule = Hydraulic.of(network, Settings())
    runs = []
    monkeypatch.setattr(
        hydraulic, "solved", lambda *parts: runs.append(water_model.solved(*parts)) or runs[-1]
    )
    first = rule.serve(*everything(network))
    first.flow[:] = 0
    assert rule.serve(*everything(network)).flow.tolist() == [0, 180_000]
    assert len(runs) == 1


def test_the_oldest_state_is_forgotten_when_there_are_too_many(worked, monkeypatch):
    monkeypatch.setattr(hydraulic, "_MOST_REMEMBERED", 1)
    network = network_of([LAKE, TOWN], [MAIN | PIPE])
    rule = Hydraulic.of(network, Settings())
    able, intact = everything(network)
    for _ in range(2):
        assert rule.serve(able, intact).flow.tolist() == [0, 180_000]
        assert rule.serve(able, ~intact).flow.tolist() == [0, 0]
    assert len(rule.remembered) == 1


def test_no_steady_state_is_a_failure_and_no_number(worked, monkeypatch):
    monkeypatch.setattr(water_model, "WAYS", (lambda wntr, network: None,))
    network = network_of([LAKE, TOWN], [MAIN | PIPE])
    with pytest.raises(SolverFailure, match="No steady state"):
        Hydraulic.of(network, Settings()).serve(*everything(network))


def test_all_ways_of_solving_find_the_same_state(worked, monkeypatch):
    # Three small towns on one lake, the farthest of them in need of pressure.
    towns = [TOWN | {"id": f"town {n}", "elevation_m": 20.0 + 30 * n} for n in range(3)]
    mains = [
        {"id": f"main {n}", "from_node": "lake" if not n else f"town {n - 1}", "to_node": f"town {n}"}
        | PIPE
        | {"length_km": 1.0}
        for n in range(3)
    ]
    found = []
    for way in water_model.WAYS:
        monkeypatch.setattr(water_model, "WAYS", (way,))
        found.append(worked([LAKE, *towns], mains))
    assert 0 < found[0]["served"]["town 2"] < 180_000
    for other in found[1:]:
        assert other["head"] == pytest.approx(found[0]["head"], abs=0.01)
        assert other["served"] == pytest.approx(found[0]["served"], abs=20)


def test_where_wntr_goes_in_circles_epanet_finds_the_state(tmp_path):
    wntr_networks()
    thin = ("500     600   110    0     CV", "3000 60 110 0 Open")
    system = read_epanet(hamlet(tmp_path, thin)).system
    network = SectorNetwork.of(system, "water")
    rule = Hydraulic.of(network, Settings())
    able, intact = everything(network)
    without_pump = able & (network.nodes["id"] != "P").to_numpy()
    state = rule.steady_state(without_pump, intact)
    assert not_balanced_m3_s(network, state) <= 1e-6
    # From the tower at 53 m to J4 at 5 m: (48 / (10.667 x 3000))^0.54 x 110 x 0.06^2.63 = 2.01 l/s at most.
    assert 0.001 < state.delivered_m3_s.sum() < 0.00201


@pytest.mark.parametrize(
    ("nodes", "links", "message"),
    [
        (
            [{**LAKE, "head_m": None}, TOWN],
            [MAIN | PIPE],
            r"nodes, head_m: is blank for 1 of the nodes: 'lake'",
        ),
        ([LAKE, {**TOWN, "elevation_m": None}], [MAIN | PIPE], r"elevation_m: is blank for 1 .*: 'town'"),
        ([LAKE, TOWN], [MAIN], r"links, diameter_mm: is blank for 1 of the links: 'main'"),
        ([LAKE, TOWN], [MAIN], r"links, roughness: is blank for 1 of the links: 'main'; .*water_rule"),
        ([LAKE, GATE, TOWN], [TO_GATE, VALVE | {"kind": "PRV"}], r"valve_setting: is blank .* 'valve'"),
        ([LAKE, TOWN, PUMP], AROUND_PUMP[:1], r"'pump' is a pump: it needs one directed link in and one"),
        (
            [LAKE, TOWN, PUMP],
            [AROUND_PUMP[0], AROUND_PUMP[1] | {"directed": False}],
            r"'pump' is a pump: it needs one directed",
        ),
        (
            [LAKE, TOWN, PUMP],
            [AROUND_PUMP[0], {**AROUND_PUMP[1], "head_curve": ""}],
            r"head_curve: pump 'pump' needs one, on its link in or out, and has none",
        ),
        (
            [LAKE, TOWN, PUMP],
            [AROUND_PUMP[0], AROUND_PUMP[1] | {"head_curve": "60 m"}],
            r"head_curve = '60 m': of 'out' is no curve",
        ),
        (
            [LAKE, TOWN, PUMP],
            [AROUND_PUMP[0], AROUND_PUMP[1] | {"head_curve": "1:nan"}],
            r"'out': flows must rise, heads must fall",
        ),
        (
            [LAKE, TOWN, PUMP],
            [AROUND_PUMP[0], AROUND_PUMP[1] | {"head_curve": "0:60;10:70;20:10"}],
            r"'out': flows must rise, heads must fall",
        ),
        ([LAKE, TOWN], [MAIN | PIPE | {"kind": "PRV", "valve_setting": 1}], r"'main' is a PRV at a source"),
        (
            [LAKE, GATE, TOWN],
            [TO_GATE, *(VALVE | {"id": one, "kind": "PRV", "valve_setting": 1} for one in ("left", "right"))],
            r"'left' is a PRV beside a valve that it would fight",
        ),
        (
            [LAKE, GATE, TOWN],
            [TO_GATE, VALVE | {"kind": "FCV", "valve_setting": 1, "directed": True}],
            r"'valve' is a FCV, which does not hold water back",
        ),
    ],
)
def test_what_the_equations_need_and_have_not_is_named(worked, nodes, links, message):
    with pytest.raises(InvalidInput, match=message):
        Hydraulic.of(network_of(nodes, links), Settings())


def test_without_wntr_the_extra_that_brings_it_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "wntr", None)
    with pytest.raises(InvalidInput, match=r"lifeline-recovery\[water\]"):
        Hydraulic.of(network_of([LAKE, TOWN], [MAIN | PIPE]), Settings())
