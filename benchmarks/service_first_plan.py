"""From asking for a plan until one can be read, in a city of 20,000 components with 500 damaged and 40 crews.

    python service_first_plan.py [--runs 5]

The service's children are warm (one plan of a small city was made before), the system has been uploaded and an incident
opened, as in real life before anybody asks. Told are the seconds from the POST until `/jobs/{job}/best` gives the first
plan, and what that plan and the last one cost.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import sys
import tempfile
import time
from pathlib import Path

from machine import header
from service_load import finished
from service_under_test import Connections, free_port, ready, start

CREWS = 40


def grown_city(path: Path) -> None:
    """Write a synthetic city of 20,000 components, of which 2.5 % are damaged, with 40 of its crews."""
    from lifeline.files import write_system
    from scenarios.synthetic import CityRecipe, grow

    city = grow(CityRecipe(name="big", seed=5, components=20_000, damage_share=0.025))
    kept = sorted(city.crews["id"])[:: max(1, len(city.crews) // CREWS)][:CREWS]
    city = city.replace(
        crews=city.crews[city.crews["id"].isin(kept)], shifts=city.shifts[city.shifts["crew"].isin(kept)]
    )
    print(f"{len(city.damage)} damaged, {len(city.crews)} crews", file=sys.stderr)
    write_system(city, path)


async def one_run(path: Path, runs: int) -> list[dict]:
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        service = start(folder, port)
        try:
            await ready(port)
            connections = Connections(port)
            small = await connections.json("POST", "/v1/scenarios/three_towns/incidents", {})
            job = await connections.json("POST", f"/v1/incidents/{small['id']}/plans", {"seconds": 5})
            await finished(connections, job["job"])
            data = path.read_bytes()
            status, content = await connections.ask(
                "POST", "/v1/systems?name=big", data, "Content-Type: application/zip\r\n"
            )
            if status != 201:
                raise RuntimeError(content)
            told = []
            for seed in range(runs):
                incident = await connections.json("POST", "/v1/incidents", {"name": "big", "system": "big"})
                await asyncio.sleep(2)
                told.append(await first_plan(connections, incident["id"], seed))
            return told
        finally:
            os.killpg(service.pid, signal.SIGKILL)
            service.wait()


async def first_plan(connections: Connections, incident: str, seed: int) -> dict:
    began = time.perf_counter()
    job = await connections.json("POST", f"/v1/incidents/{incident}/plans", {"seconds": 10, "seed": seed})
    while True:
        status, content = await connections.ask("GET", f"/jobs/{job['job']}/best")
        if status == 200:
            break
        await asyncio.sleep(0.02)
    seconds = time.perf_counter() - began
    first = json.loads(content)["objective"]
    await finished(connections, job["job"])
    plan = await connections.json("GET", f"/v1/incidents/{incident}/plans/1")
    return {
        "first_plan_s": round(seconds, 2),
        "whole_s": round(time.perf_counter() - began, 1),
        "first": first,
        "last": plan["figures"]["objective"],
        "label": plan["label"],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    asked = parser.parse_args()
    print(header(), file=sys.stderr)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "big.zip"
        grown_city(path)
        for told in asyncio.run(one_run(path, asked.runs)):
            print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main()
