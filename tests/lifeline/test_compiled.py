"""Customers split into whole persons, alternatives behind a hidden node, and numbers that follow the ids."""

import pytest
from worlds import town

from lifeline.cascade import propagate
from lifeline.shock import Shock
from lifeline.system import System


def split(persons: int, shares: dict[str, float]) -> dict[str, int]:
    """Return how many of a zone's persons each node serves."""
    system = System.from_tables(
        {
            "nodes": [
                {"id": node, "sector": "power", "longitude": 0, "latitude": 0, "source": True}
                for node in shares
            ],
            "customers": [{"id": "zone", "persons": persons}],
            "supplies": [
                {"customer": "zone", "service": "power", "node": node, "share": share}
                for node, share in shares.items()
            ],
        }
    )
    compiled = system.compiled
    portions = compiled.portions
    nodes = compiled.node_ids[portions.node]
    return dict(zip(nodes, portions.persons.tolist(), strict=True))


@pytest.mark.parametrize(
    ("persons", "shares", "expected"),
    [
        # 10 x 1/3 = 3.33 each; one person is left over and the first id gets it.
        (10, {"A": 1 / 3, "B": 1 / 3, "C": 1 / 3}, {"A": 4, "B": 3, "C": 3}),
        # 10 x 0.55 = 5.5 and 4.5: equal remainders, the first id wins.
        (10, {"A": 0.55, "B": 0.45}, {"A": 6, "B": 4}),
        # 7 x 0.29 = 2.03 and 4.97: the larger remainder wins.
        (7, {"A": 0.29, "B": 0.71}, {"A": 2, "B": 5}),
        # 100 x 0.29 is 29 exactly, although 0.29 x 100 is 28.999... in binary fractions.
        (100, {"A": 0.29, "B": 0.71}, {"A": 29, "B": 71}),
        (0, {"A": 0.5, "B": 0.5}, {"A": 0, "B": 0}),
    ],
)
def test_shares_split_people_to_whole_persons_by_largest_remainder(
    persons: int, shares: dict[str, float], expected: dict[str, int]
) -> None:
    assert split(persons, shares) == expected


def test_either_node_of_an_alternative_suffices() -> None:
    system = town(power="A* B*", alternatives={"hospital": (40, ["A", "B"])})
    assert propagate(system, Shock.of(system, ["A"])).people_without == {"power": 0}
    assert propagate(system, Shock.of(system, ["A", "B"])).people_without == {"power": 40}


def test_nodes_and_links_are_numbered_in_order_of_their_ids() -> None:
    compiled = town(power="P3*-P1-P2").compiled
    assert compiled.node_ids.tolist() == ["P1", "P2", "P3"]
    assert compiled.link_ids.tolist() == ["P1-P2", "P3-P1"]
    assert compiled.node_index == {"P1": 0, "P2": 1, "P3": 2}


def test_a_group_without_a_provider_before_the_shock_has_no_buffer_to_count_on() -> None:
    """P9 has no source, so the pump that needs it never worked, buffer or not."""
    compiled = town(power="P1* P9", water="W*", dependencies=[("W", "P9", "g", 600)]).compiled
    assert compiled.before.works[compiled.node_index["W"]] == 0
    assert compiled.before.buffer_left.tolist() == [0]


def test_a_system_says_how_much_memory_its_arrays_take() -> None:
    assert town(power="P1*-P2").compiled.array_bytes > 0
