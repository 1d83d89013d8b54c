"""Service rules: what decides who is served in a sector, one file each and one line in RULES.

`connectivity` and `flow` are also compiled into the loops that replay plans (`coupled_kernels.py`); the others answer
for their sector when they are asked, and load their libraries only then.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lifeline.service.overload import OverloadCascade
    from lifeline.service.rule import Mask, SectorNetwork, ServiceRule
    from lifeline.system import Settings

    MakesRule = Callable[[SectorNetwork, Settings], ServiceRule]
    TripsLines = Callable[[SectorNetwork, Mask, Mask], OverloadCascade]


def _connectivity() -> MakesRule:
    from lifeline.service.connectivity import Connectivity

    return Connectivity.of


def _flow() -> MakesRule:
    from lifeline.service.flow import Flow

    return Flow.of


def _reach() -> MakesRule:
    from lifeline.service.reach import Reach

    return Reach.of


def _dc_power() -> MakesRule:
    from lifeline.service.dc_power import DcPower

    return DcPower.of


def _hydraulic() -> MakesRule:
    from lifeline.service.hydraulic import Hydraulic

    return Hydraulic.of


def _overloads() -> TripsLines:
    from lifeline.service.overload import trip_overloads

    return trip_overloads


RULES: dict[str, Callable[[], MakesRule]] = {
    "connectivity": _connectivity,
    "flow": _flow,
    "dc_power": _dc_power,
    "hydraulic": _hydraulic,
    "reach": _reach,
}

TRIPS: dict[str, Callable[[], TripsLines]] = {"dc_power": _overloads}
"What trips in the moments after a shock, before anybody can act, under rules whose links have a rating."

COMPILED_RULES = frozenset({"connectivity", "flow"})

COUNTS_NO_FLOW = frozenset({"connectivity", "reach"})
"Rules under which a node is served or not; under the others it gets so many units of its demand."
