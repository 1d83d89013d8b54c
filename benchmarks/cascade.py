"""How long the state after a shock takes, by size, and against a plain networkx fixpoint."""

import statistics
import time
from collections.abc import Callable

from machine import header
from networkx_fixpoint import working_after

from lifeline import Shock, System
from lifeline.cascade import broken_parts
from lifeline.kernels import shock as shock_kernel
from scenarios.synthetic import grow_city

SIZES = (22_000, 222_000, 2_220_000)
"Components; a little under half of them are nodes."

COMPARED = 222_000
RUNS = 9


def main() -> None:
    print(header())
    print(
        "\n| nodes | links | broken | dark | array MB | ms after compiling (median, min) | networkx ms | ratio |"
    )
    print("| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    first_call_seconds = None
    for size in SIZES:
        system = grow_city(components=size, seed=1, sectors=("power", "water", "gas", "telecom"))
        system = system.replace(dependencies=system.dependencies.assign(buffer_minutes=0))
        compiled = system.compiled
        broken = Shock.from_table(system, system.damage)
        nodes, links = broken_parts(compiled, broken)

        def once(compiled=compiled, nodes=nodes, links=links):  # type: ignore[no-untyped-def]
            state = compiled.before.copy()
            return state, shock_kernel(compiled.network, state, nodes, links)

        began = time.perf_counter()
        state, log = once()
        first_call_seconds = first_call_seconds or time.perf_counter() - began
        times = [_milliseconds(once) for _ in range(RUNS)]
        compared = _compared(system, broken, state, statistics.median(times)) if size == COMPARED else "– | –"
        print(
            f"| {compiled.node_count:,} | {len(compiled.link_ids):,} | {len(nodes) + len(links):,} | {len(log):,} "
            f"| {compiled.array_bytes / 1e6:.0f} | {statistics.median(times):.1f}, {min(times):.1f} | {compared} |"
        )
    print(
        f"\nThe first call in this process took {first_call_seconds:.1f} s (compiling, or loading compiled code)."
    )


def _milliseconds(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return 1000 * (time.perf_counter() - began)


def _compared(system: System, broken: Shock, state, ours: float) -> str:  # type: ignore[no-untyped-def]
    began = time.perf_counter()
    works = working_after(system, set(broken.components))
    theirs = 1000 * (time.perf_counter() - began)
    compiled = system.compiled
    same = {str(node) for node in compiled.node_ids[state.works[: compiled.node_count] > 0]}
    if works != same:
        raise SystemExit("The two cascades differ.")
    return f"{theirs:,.0f} | {theirs / ours:,.0f} x"


if __name__ == "__main__":
    main()
