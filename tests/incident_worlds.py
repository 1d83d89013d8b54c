"""Three towns as an incident: at six in the morning, with its best plan (see the scenario's README)."""

from pathlib import Path
from typing import Any

from library import loaded

from lifeline import build_problem, schedule
from lifeline.files import write_system
from lifeline.shock import Shock
from lifeline.system import System


def three_towns() -> System:
    return loaded("three_towns")


def best_plan() -> str:
    """Red: the line by 60, then the substation by 240. Blue: the main by 120."""
    system = three_towns()
    problem = build_problem(system, Shock.from_table(system, system.damage))
    plan = schedule(problem, {"red": ["line-ash-brook", "cliff-substation"], "blue": ["main-brook-cliff"]})
    return plan.to_json()


def update(number: int, kind: str, minute: int, **more: Any) -> dict[str, Any]:
    clock = f"2026-03-02T{6 + minute // 60:02d}:{minute % 60:02d}:00+00:00"
    return {"id": f"u{number}", "kind": kind, "happened_at": clock, **more}


def incident(folder: Path, **more: Any) -> dict[str, Any]:
    """Return the argument of a child for the incident, with what is different."""
    path = folder / "three_towns.zip"
    if not path.exists():
        write_system(three_towns(), path)
    return {"system": str(path), "started_at": None, "updates": [], "now": 0, "plan": best_plan(), **more}
