"""INDP by hand: two layers, one need; the judge against the published scores; the search against every order."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from data_folder import shelby
from hypothesis import given
from hypothesis import strategies as st
from indp_worlds import both_broken, every_plan, pump_and_plant

from lifeline import Shock, build_problem, evaluate, schedule
from lifeline.errors import InvalidInput
from lifeline.importers.indp import read_indp
from lifeline.plan_check import check_plan
from solvers.indp.arrays import lay_out
from solvers.indp.files import read_indp_network, read_indp_problem
from solvers.indp.flow_kernels import layer_cost, least_layer_cost, new_desk, settle
from solvers.indp.limits import useful_capacities
from solvers.indp.problem import IndpNetwork, IndpPlan, IndpProblem, Link, Need, Node
from solvers.indp.replay import jobs_in_order, replay
from solvers.indp.score import Judge, score
from solvers.indp.search import IndpSearch

# The judge, by hand -----------------------------------------------------------------------------------------


def test_before_repairs_everything_is_lost() -> None:
    """10 units of power at 110 each, and 4 of water: the pump is down with the plant."""
    before = score(both_broken(), IndpPlan(())).before

    assert (before.penalty, before.flow, before.unmet) == (1540.0, 0.0, {"power": 10.0, "water": 4.0})


def test_each_step_pays_for_its_repairs_its_spaces_and_what_is_still_lost() -> None:
    """Plant 5; then the line 7 + 30 and 20 of flow; then the pipe 7 + 30 and 4 of flow; the fourth step goes on."""
    steps = score(both_broken(), IndpPlan((("power:1",), ("power:1-2",), ("water:1-2",)))).steps

    assert [step.cost for step in steps] == [5 + 1540, 7 + 30 + 20 + 440, 7 + 30 + 24, 24]


def test_links_repaired_in_one_step_share_the_preparation_of_a_space() -> None:
    problem = IndpProblem(pump_and_plant(), ("power:1-2", "water:1-2"), 2)

    step = score(problem, IndpPlan((("power:1-2", "water:1-2"),))).steps[0]
    assert (step.repair, step.space) == (14.0, 30.0)


def test_the_horizon_is_one_step_longer_than_all_repairs_take() -> None:
    assert (both_broken().horizon, IndpProblem(pump_and_plant(), ("power:1", "water:1"), 2).horizon) == (4, 2)


def test_either_of_two_plants_is_enough_for_a_pump() -> None:
    network = pump_and_plant()
    either = IndpNetwork(network.nodes, network.links, (Need(2, 0), Need(2, 1)))

    assert either.working_nodes([0]) == {1, 2, 3}
    assert either.working_nodes([0, 1]) == {3}


def test_nodes_that_need_each_other_stay_up_together_and_fall_together() -> None:
    network = pump_and_plant()
    loop = IndpNetwork(network.nodes, network.links, (Need(2, 0), Need(0, 2)))

    assert loop.working_nodes([]) == {0, 1, 2, 3}
    assert loop.working_nodes([2]) == {1, 3}


@pytest.mark.parametrize(
    ("steps", "told"),
    [
        ((("power:2",),), "which is not broken"),
        ((("power:1",), ("power:1",)), "twice"),
        ((("power:1", "power:1-2"),), "takes 2 units"),
        (((), (), (), (), ("power:1",)), "the horizon is 4"),
    ],
)
def test_a_plan_that_breaks_a_rule_is_refused(steps: tuple[tuple[str, ...], ...], told: str) -> None:
    with pytest.raises(InvalidInput, match=told):
        score(both_broken(), IndpPlan(steps))


def test_what_is_unknown_cannot_be_broken() -> None:
    with pytest.raises(InvalidInput, match=r"no node or link 'power:3'.*Did you mean 'power:2'"):
        IndpProblem(pump_and_plant(), ("power:3",), 1)


def test_a_link_carries_no_more_than_the_supply_behind_it_and_the_demand_before_it() -> None:
    assert useful_capacities(pump_and_plant()) == ((10, 0), (4, 0))


# The compiled costs and the search --------------------------------------------------------------------------


@st.composite
def small_problems(draw: st.DrawFn) -> IndpProblem:
    """Two layers of three or four nodes, links at random that may be too narrow, needs from one layer to the other."""
    nodes, links, places = [], [], []
    for layer in ("gas", "power"):
        count = draw(st.integers(3, 4))
        first = len(nodes)
        balances = draw(st.lists(st.integers(-6, 6), min_size=count, max_size=count))
        nodes += [Node(layer, number, balance, 100, 60, 5) for number, balance in enumerate(balances)]
        for u in range(count):
            for v in range(u):
                if draw(st.booleans()):
                    width, price = draw(st.integers(1, 8)), draw(st.integers(0, 20))
                    spaces = (draw(st.integers(0, 1)),)
                    links.append(Link(f"{layer}:{v}-{u}", first + v, first + u, width, price, 3, 1, spaces))
        places.append(range(first, first + count))
    needs = draw(st.lists(st.tuples(st.sampled_from(places[0]), st.sampled_from(places[1])), max_size=3))
    network = IndpNetwork(tuple(nodes), tuple(links), tuple(Need(*need) for need in set(needs)), (4.0, 9.0))
    broken = draw(st.lists(st.sampled_from(network.names), min_size=1, max_size=4, unique=True))
    return IndpProblem(network, tuple(sorted(broken)), draw(st.integers(1, 2)))


@given(small_problems())
def test_the_compiled_flow_costs_what_the_linear_program_says_and_no_less_than_its_bound(
    problem: IndpProblem,
) -> None:
    layout = lay_out(problem)
    works, whole = (state.copy() for state in layout.intact)
    settle(layout.net, works)
    desk = new_desk(len(works), max(1, len(whole)))
    layers = range(len(problem.network.layers))
    costs = [layer_cost(layout.net, desk, layer, works, whole) for layer in layers]

    assert sum(costs) == pytest.approx(score(problem, IndpPlan(())).before.cost, abs=1e-6)
    for layer in layers:
        assert least_layer_cost(layout.net, desk, layer, works, whole) <= costs[layer] + 1e-6


@pytest.mark.parametrize("units", [1, 2])
def test_the_search_finds_the_best_of_all_plans_and_counts_it_as_the_judge_does(units: int) -> None:
    problem = IndpProblem(pump_and_plant(), ("power:1", "power:1-2", "water:1-2"), units)
    judge, search = Judge(problem), IndpSearch(problem)
    best = min(judge.score(plan).objective for plan in every_plan(problem))

    found = search.descend(search.anneal(IndpPlan(()), tries=500, seed=1, hot=500.0, cold=1.0))

    assert score(problem, found).objective == pytest.approx(best)
    assert search.cost(found) == pytest.approx(best)


@given(small_problems(), st.integers(0, 9))
def test_annealing_never_returns_a_worse_plan_and_is_the_same_every_time(
    problem: IndpProblem, seed: int
) -> None:
    start = IndpPlan(tuple((name,) for name in problem.broken[:1]))
    found = [IndpSearch(problem).anneal(start, tries=40, seed=seed, hot=50.0, cold=1.0) for _ in range(2)]

    assert found[0] == found[1]
    assert score(problem, found[0]).objective <= score(problem, start).objective + 1e-6
    assert IndpSearch(problem).cost(found[0]) == pytest.approx(score(problem, found[0]).objective)


def test_the_search_refuses_repairs_of_several_units() -> None:
    network = pump_and_plant()
    large = IndpNetwork((Node("power", 1, 10, 100, 10, 5, repair_units=2), *network.nodes[1:]), network.links)

    with pytest.raises(InvalidInput, match="one unit each"):
        IndpSearch(IndpProblem(large, ("power:1",), 2))


# The files, and the published numbers -----------------------------------------------------------------------


def published(name: str) -> tuple[IndpProblem, dict[str, Any]]:
    folder = shelby()
    instance = json.loads((folder / "peer_results.json").read_text(encoding="utf-8"))["instances"][name]
    scenario, units = name.split("|v")
    extended = instance["network"] == "extended"
    damage = "extended_wu" if extended else f"classic_{instance['magnitude']}"
    problem = read_indp_problem(
        folder / instance["network"],
        damage=folder / "dev" / f"{damage}.csv",
        scenario=scenario,
        units_per_step=int(units),
    )
    return problem, instance


@pytest.mark.parametrize("name", ["D-M6-01|v3", "D-M7-05|v6", "D-M9-03|v6", "WU-s15-c25|v3", "WU-s29-c60|v6"])
def test_the_judge_repeats_the_published_scores(name: str) -> None:
    """Objectives are told to the dollar (extended: to ten cents), areas above the undamaged level to three digits."""
    problem, instance = published(name)
    whole = Judge(IndpProblem(problem.network, (), 1)).score(IndpPlan(())).before
    judge = Judge(problem)
    for method, result in instance["methods"].items():
        if "per_step" in result:
            plan = IndpPlan(tuple(tuple(step["repaired"]) for step in result["per_step"][1:]))
            plan.check(problem)
            found = judge.score(plan)
            area = found.unmet_area - problem.horizon * sum(whole.unmet.values())
            assert found.objective == pytest.approx(result["objective"], abs=0.5), method
            assert area == pytest.approx(result["unmet_area"], abs=0.01), method


def test_undamaged_the_classic_network_costs_what_its_readme_says() -> None:
    network = read_indp_network(shelby() / "classic")
    whole = score(IndpProblem(network, (), 1), IndpPlan(())).before

    assert (whole.flow, whole.penalty, len(network.needs)) == (pytest.approx(775_869), 0.0, 45)


def test_of_two_links_between_the_same_ends_the_later_row_counts() -> None:
    network = read_indp_network(shelby() / "extended")

    assert (len(network.nodes), len(network.links), len(network.needs)) == (167, 216, 50)


def test_every_bad_row_of_the_files_is_told(tmp_path: Path) -> None:
    files = {
        "nodes.csv": "layer,node,balance,penalty_oversupply,penalty_undersupply,repair_cost,repair_units\n"
        "power,1,5,1,1,1,1\npower,2,-5,1,1,1,1\n",
        "arcs.csv": "layer,u,v,capacity,flow_cost,repair_cost,repair_units_per_direction\npower,1,3,9,1,1,1\n",
        "interdependencies.csv": "dependee_layer,dependee,depender_layer,depender,gamma\npower,4,power,2,1\n",
        "spaces.csv": "space,prep_cost\n1,10\n",
        "arc_spaces.csv": "layer,u,v,space\npower,1,2,7\n",
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")

    with pytest.raises(InvalidInput) as refusal:
        read_indp_network(tmp_path)
    assert [(p.table, p.row, p.column) for p in refusal.value.problems] == [
        ("arcs.csv", 2, "v"),
        ("interdependencies.csv", 2, "dependee"),
        ("arc_spaces.csv", 2, "space"),
    ]


# To lifeline's judge ----------------------------------------------------------------------------------------


def test_a_published_plan_is_replayed_by_crews_that_drive() -> None:
    _, instance = published("WU-s15-c25|v3")
    folder = shelby()
    damage = folder / "dev" / "extended_wu.csv"
    system = read_indp(folder / "extended", damage=damage, scenario="WU-s15-c25").system
    problem = build_problem(system, Shock.from_table(system, system.damage))
    steps = instance["methods"]["ref_tdindp_highs"]["per_step"][1:]
    plan = IndpPlan(tuple(tuple(step["repaired"]) for step in steps))

    order = jobs_in_order(problem, plan)
    assert sorted(job for step in order for job in step) == sorted(job.id for job in problem.jobs)
    replayed = schedule(problem, replay(problem, plan))
    check_plan(problem, replayed)
    assert evaluate(problem, replayed).objective > 0
    step_of = {job: number for number, jobs in enumerate(order) for job in jobs}
    for crew in problem.crews:
        mine = [step_of[visit.job] for visit in replayed.visits if visit.crew == crew.id]
        assert mine == sorted(mine)


def test_the_words_of_states_differ() -> None:
    net = lay_out(both_broken()).net

    assert len(np.unique([*net.node_word, *net.link_word])) == len(net.node_word) + len(net.link_word)
