"""The state of an EPANET network at time 0: what is closed, and how its pumps and inflows work.

WNTR (Klise and others 2017, Environ. Model. Softw. 95:420-431) gives the rows of the file their meaning.
"""

from __future__ import annotations

import math
import tempfile
from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lifeline.epanet_engine import run_epanet
from lifeline.errors import InvalidInput
from lifeline.extras import needs, quietly
from lifeline.importers.epanet_text import InpText

if TYPE_CHECKING:
    from collections.abc import Iterator

LITRES_PER_HOUR = 3_600_000.0
"One m3/s."

# The numbers of wntr.network.LinkStatus; a control leaves a bare one behind.
CLOSED, OPEN = 0, 1

# EPANET's defaults: a file may ask for a million trials.
_TRIALS = 200
_ACCURACY = 0.001


@dataclass(frozen=True, eq=False)
class StartState:
    """A network as WNTR understands it, at time 0.

    `set_by_controls` are the links whose status or setting is not that which the file gives at the start, because a
    control holds at once.
    """

    network: Any
    set_by_controls: tuple[str, ...]

    @property
    def start(self) -> float:
        """Where the patterns begin, in seconds."""
        return float(self.network.options.time.pattern_start)

    def demands(self, junction: Any) -> tuple[float, float]:
        """Return what a junction draws at time 0, and on average over its patterns, in m3/s."""
        multiplier = float(self.network.options.hydraulic.demand_multiplier)
        series = junction.demand_timeseries_list
        average = math.fsum(
            part.base_value * (float(np.mean(part.pattern.multipliers)) if _varies(part) else 1.0)
            for part in series
        )
        return float(series.at(self.start, multiplier=multiplier)), multiplier * average

    def is_closed(self, link: Any) -> bool:
        """Tell whether a link is shut, or a pump stands still."""
        if int(link.status) == CLOSED:
            return True
        return link.link_type == "Pump" and self.speed(link) <= 0

    def speed(self, pump: Any) -> float:
        """Return the relative speed of a pump."""
        return float(pump.speed_timeseries.at(self.start))


@dataclass(frozen=True)
class WorkingPoints:
    """What EPANET finds at time 0: flows of links in m3/s and heads of nodes in m."""

    flow: dict[str, float]
    head: dict[str, float]


def start_state(inp: InpText) -> StartState:
    """Read the network and let those controls act that hold at time 0, as WNTR's simulator does.

    A control that asks for more than the time and the level of a tank needs a solution first, and is passed over.
    """
    wntr = needs("wntr", "water", f"to read the EPANET file {inp.name}")
    network = _network(wntr, inp.path, inp.text)
    with quietly("wntr"), _plainly(inp.path):
        return StartState(network, _let_controls_act(wntr, network))


def _network(wntr: Any, path: Path, text: str) -> Any:
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "network.inp"
        copy.write_text(text, encoding="utf-8")
        with quietly("wntr"), _plainly(path):
            return wntr.network.WaterNetworkModel(str(copy))


@contextmanager
def _plainly(path: Path) -> Iterator[None]:
    """Turn whatever WNTR raises over a file into one InvalidInput."""
    try:
        yield
    except Exception as trouble:
        deepest: BaseException = trouble
        while deepest.__cause__ is not None:
            deepest = deepest.__cause__
        # A bare KeyError says the name alone.
        said = f"{deepest} is not known" if type(deepest) is KeyError else str(deepest)
        raise InvalidInput(
            f"{str(path)!r} cannot be understood by WNTR: {said or type(deepest).__name__}. "
            "Open it in EPANET, mend it there and export it again."
        ) from trouble


def _let_controls_act(wntr: Any, network: Any) -> tuple[str, ...]:
    network.reset_initial_values()
    # As WNTR's simulator begins: a control for time 0 has not acted yet.
    network._prev_sim_time = -1
    for _, pump in network.pumps():
        if isinstance(pump.initial_setting, float):
            pump.base_speed = pump.initial_setting
    before = {name: _condition(link) for name, link in network.links()}
    for _, control in sorted(network.controls(), key=lambda named: int(named[1].priority)):
        asks_for = control.condition.requires()
        known = all(isinstance(one, wntr.network.Tank) or one is network for one in asks_for)
        if known and control.is_control_action_required()[0]:
            control.run_control_action()
    return tuple(sorted(name for name, link in network.links() if _condition(link) != before[name]))


def _condition(link: Any) -> tuple[int, Any]:
    return int(link.status), link.base_speed if link.link_type == "Pump" else link.setting


def working_points(inp: InpText) -> WorkingPoints | None:
    """Return the flows and heads that EPANET finds at time 0 when every demand is met; None where it finds none."""
    wntr = needs("wntr", "water", f"to read the EPANET file {inp.name}")
    network = _network(wntr, inp.path, inp.in_order())
    options = network.options
    options.time.duration = 0
    options.quality.parameter = "NONE"
    options.hydraulic.demand_model = "DDA"
    options.hydraulic.trials, options.hydraulic.accuracy = _TRIALS, _ACCURACY
    results = run_epanet(wntr, network)
    if results is None:
        return None
    flow, head = results.link["flowrate"].iloc[0], results.node["head"].iloc[0]
    return WorkingPoints(_finite(flow.index, flow), _finite(head.index, head))


def _finite(names: Sequence[str], values: Any) -> dict[str, float]:
    pairs = zip(names, values, strict=True)
    return {str(name): float(value) for name, value in pairs if math.isfinite(value)}


def tidied(value: float) -> float:
    """Return a number without the dust that converting its unit left in the last digits."""
    return float(f"{value:.12g}")


def _varies(part: Any) -> bool:
    return part.pattern is not None and len(part.pattern.multipliers) > 0
