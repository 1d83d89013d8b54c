"""EPANET itself, for a network that WNTR holds: the importer and the rule hydraulic ask it what WNTR cannot tell."""

from __future__ import annotations

import contextlib
import tempfile
from pathlib import Path
from typing import Any

from lifeline.extras import quietly


def run_epanet(wntr: Any, network: Any) -> Any | None:
    """Return what EPANET 2.2 makes of a network, as WNTR's results; None where it cannot solve it."""
    simulator = wntr.sim.EpanetSimulator(network)
    with tempfile.TemporaryDirectory() as folder, quietly("wntr"):
        try:
            return simulator.run_sim(file_prefix=str(Path(folder) / "network"), convergence_error=True)
        # EPANET has a hundred errors of its own, and WNTR stumbles over what is left of a run that failed.
        except Exception:
            # Until it is closed, EPANET keeps a scratch file in the folder one works in.
            with contextlib.suppress(Exception):
                simulator.enData.ENclose()
            return None
