"""td-INDP on the published Shelby County scenarios: our plan beside every peer's, scored as theirs are.

python benchmarks/td_indp.py [--bound-seconds 5] [--instances 'D-M9-01|v3' ...] [--groups M9 ...]
"""

import argparse
import json
import os
import time
from pathlib import Path
from typing import Any

from machine import header

from solvers.indp.bound import ladder_bound
from solvers.indp.files import read_indp_problem
from solvers.indp.problem import IndpProblem
from solvers.milp import IndpSolution, solve_td_indp

DATA = Path(os.environ.get("LIFELINE_DATA", "../shared/data")) / "shelby"
ROUNDING = 0.5
"USD; the peers' objectives are rounded."

PEERS = ("ref_tdindp_highs", "ref_iindp_highs", "dec2py_iindp_gurobi", "pyincore_iindp_cbc", "rule_greedy")


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--bound-seconds", type=float, default=5.0)
    arguments.add_argument("--tries", type=int, default=100_000)
    arguments.add_argument("--instances", nargs="*")
    arguments.add_argument("--groups", nargs="*", help="such as M9 or extended")
    chosen = arguments.parse_args()
    known: dict[str, Any] = json.loads((DATA / "peer_results.json").read_text(encoding="utf-8"))["instances"]
    print(header())
    print("\nChange of the objective against each peer; seconds of the plan, the bound's come on top.\n")
    print(
        f"| instance | broken | objective | best peer | {' | '.join(PEERS)} | proven gap | CPU s | wall s |"
    )
    print("| --- |" + " ---: |" * (len(PEERS) + 6))
    # The first call compiles.
    first = next(iter(known))
    solve_td_indp(_problem(first, known[first]), tries=10, bound_seconds=0)
    worse, gaps = [], []
    for name, instance in known.items():
        if chosen.instances is not None and name not in chosen.instances:
            continue
        if chosen.groups is not None and _group(instance) not in chosen.groups:
            continue
        began, problem = time.process_time(), _problem(name, instance)
        wall = time.perf_counter()
        found = solve_td_indp(problem, tries=chosen.tries, bound_seconds=0)
        spent = (time.process_time() - began, time.perf_counter() - wall)
        bound = ladder_bound(problem, found.plan, seconds=chosen.bound_seconds)
        gaps.append(max(0.0, 1 - bound / found.objective))
        print(_line(name, instance, found, spent, gaps[-1]), flush=True)
        if found.objective > _best(instance) + ROUNDING:
            worse.append(name)
    print(f"\n{len(gaps)} instances; worse than a peer on {len(worse)}: {', '.join(worse) or 'none'}.")
    print(f"Proven gap: median {sorted(gaps)[len(gaps) // 2]:.3%}, largest {max(gaps):.3%}.")


def _group(instance: dict[str, Any]) -> str:
    return str(instance["magnitude"] or "extended") if instance["network"] == "classic" else "extended"


def _problem(name: str, instance: dict[str, Any]) -> IndpProblem:
    scenario, units = name.split("|v")
    damage = "extended_wu" if instance["network"] == "extended" else f"classic_{instance['magnitude']}"
    return read_indp_problem(
        DATA / instance["network"],
        damage=DATA / "dev" / f"{damage}.csv",
        scenario=scenario,
        units_per_step=int(units),
    )


def _best(instance: dict[str, Any]) -> float:
    return min(float(result["objective"]) for result in instance["methods"].values())


def _line(
    name: str, instance: dict[str, Any], found: IndpSolution, spent: tuple[float, float], gap: float
) -> str:
    methods = instance["methods"]
    changes = " | ".join(f"{found.objective / methods[peer]['objective'] - 1:+.3%}" for peer in PEERS)
    broken = instance["broken_nodes"] + instance["broken_links"]
    change = f"{found.objective / _best(instance) - 1:+.4%}"
    return (
        f"| {name.replace('|', ' ')} | {broken} | {found.objective:,.0f} | {change} | {changes} "
        f"| {gap:.2%} | {spent[0]:.1f} | {spent[1]:.1f} |"
    )


if __name__ == "__main__":
    main()
