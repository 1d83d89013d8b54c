"""The whole service is killed at random under load, again and again; nothing acknowledged may be lost or doubled.

    python service_kill.py [--seconds 300] [--updates 50] [--runs 3] [--processes 1]

Every 5 to 20 s all processes of the service get SIGKILL, and it is started anew on the same port. Reporters send an
update again, with the same id, until it is acknowledged; planners do the same with an Idempotency-Key. At the end the
log is read and compared with what was acknowledged, and every job that was accepted must have ended, once.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from datetime import UTC, datetime

from machine import header
from service_under_test import JSON_BODY, Connections, answering, free_port, ready, start

REST_SECONDS = 0.1
SHARE_OF_ONE = 0.5
"Of the kills that only one process dies by which answers beside the first, where there are such."


class Persistent:
    """Asks until it is answered, whatever happens to the service meanwhile."""

    def __init__(self, port: int) -> None:
        """Take the port on loopback."""
        self.connections = Connections(port)
        self.tries = 0

    async def ask(self, method: str, path: str, sent: object = None, headers: str = "") -> dict:
        """Return the answer; one that is neither a success nor a failure of the server is an error."""
        body = b"" if sent is None else json.dumps(sent).encode()
        while True:
            self.tries += 1
            try:
                async with asyncio.timeout(20):
                    status, content = await self.connections.ask(method, path, body, headers)
            except (OSError, asyncio.IncompleteReadError, TimeoutError, ValueError):
                self.connections.idle.clear()
                await asyncio.sleep(REST_SECONDS)
                continue
            if status < 300:
                return json.loads(content)
            if status not in (429, 500, 503):
                raise RuntimeError(f"{method} {path}: {status} {content[:300]!r}")
            await asyncio.sleep(REST_SECONDS)


async def killer(run: dict, folder: str, port: int, asked: argparse.Namespace) -> list[float]:
    """Kill the service at random until the time is over; return how long it took to be ready again."""
    chance = random.Random(asked.seed)
    back = []
    ends = time.monotonic() + asked.seconds
    while (rest := chance.uniform(5, 20)) < ends - time.monotonic():
        await asyncio.sleep(rest)
        beside = answering(run["service"].pid)[1:]
        if beside and chance.random() < SHARE_OF_ONE:
            os.kill(chance.choice(beside), signal.SIGKILL)
            run["killed_alone"] += 1
            continue
        os.killpg(run["service"].pid, signal.SIGKILL)
        run["service"].wait()
        run["service"] = start(folder, port, asked.database, asked.processes)
        back.append(await ready(port))
    await asyncio.sleep(max(0, ends - time.monotonic()))
    return back


async def one_run(asked: argparse.Namespace) -> dict:
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        run = {"service": start(folder, port, asked.database, asked.processes), "killed_alone": 0}
        try:
            await ready(port)
            return await under_load(run, folder, port, asked)
        finally:
            os.killpg(run["service"].pid, signal.SIGKILL)
            run["service"].wait()


async def under_load(run: dict, folder: str, port: int, asked: argparse.Namespace) -> dict:
    client = Persistent(port)
    incident = await client.ask("POST", f"/v1/scenarios/{asked.scenario}/incidents", {"is_drill": False})
    about = f"/v1/incidents/{incident['id']}"
    await client.ask("POST", f"{about}/plans", {"seconds": 2}, f"{JSON_BODY}Idempotency-Key: first\r\n")
    while not (await client.ask("GET", f"{about}/plans"))["items"]:
        await asyncio.sleep(REST_SECONDS)
    jobs = [visit["job"] for visit in (await client.ask("GET", f"{about}/plans/1/plan"))["visits"]]
    acknowledged: dict[str, int] = {}
    planned: list[str] = []
    stop = asyncio.Event()

    async def reporter(number: int) -> None:
        own = Persistent(port)
        chance = random.Random(1000 + number)
        sent = 0
        while not stop.is_set():
            sent += 1
            update = {
                "id": f"r{number}-{sent}",
                "kind": "job_takes",
                "job": chance.choice(jobs),
                "minutes": chance.randrange(10, 600),
                "happened_at": datetime.now(UTC).isoformat(),
            }
            taken = await own.ask("POST", f"{about}/updates", {"updates": [update]})
            acknowledged[update["id"]] = taken["taken"][0]["seq"]
            await asyncio.sleep(asked.reporters / asked.updates)

    async def planner(number: int) -> None:
        own = Persistent(port)
        asked_for = 0
        while not stop.is_set():
            asked_for += 1
            key = f"{JSON_BODY}Idempotency-Key: plan-{number}-{asked_for}\r\n"
            job = await own.ask("POST", f"{about}/plans", {"seconds": 3, "seed": asked_for}, key)
            planned.append(job["job"])
            while not stop.is_set():
                told = await own.ask("GET", f"/jobs/{job['job']}")
                if told["status"] not in ("accepted", "running"):
                    break
                await asyncio.sleep(0.5)

    workers = [asyncio.create_task(reporter(number)) for number in range(asked.reporters)]
    workers += [asyncio.create_task(planner(number)) for number in range(2)]
    back = await killer(run, folder, port, asked)
    stop.set()
    await asyncio.gather(*workers)
    unfinished = await still_under_way(client, planned, 90)
    log = await whole_log(client, about)
    return {
        "kills": len(back),
        "kills_of_one_process": run["killed_alone"],
        "ready_again_s": {"median": round(sorted(back)[len(back) // 2], 2), "most": round(max(back), 2)},
        **verdict(log, acknowledged, planned, unfinished),
    }


async def still_under_way(client: Persistent, planned: list[str], patience_seconds: float) -> list[str]:
    ends = time.monotonic() + patience_seconds
    left = list(planned)
    while left and time.monotonic() < ends:
        told = [await client.ask("GET", f"/jobs/{job}") for job in left]
        left = [
            job for job, state in zip(left, told, strict=True) if state["status"] in ("accepted", "running")
        ]
        await asyncio.sleep(0.5)
    return left


async def whole_log(client: Persistent, about: str) -> list[dict]:
    entries: list[dict] = []
    page = await client.ask("GET", f"{about}/log?limit=1000")
    entries += page["items"]
    while page.get("next"):
        page = await client.ask("GET", f"{about}/log?limit=1000&cursor={page['next']}")
        entries += page["items"]
    return entries


def verdict(log: list[dict], acknowledged: dict[str, int], planned: list[str], unfinished: list[str]) -> dict:
    """Compare the log with what was acknowledged."""
    numbers = [entry["seq"] for entry in log]
    where = {entry["id"]: entry["seq"] for entry in log}
    times = Counter(entry["id"] for entry in log)
    ready_plans = Counter(entry["body"]["job"] for entry in log if entry["kind"] == "plan.ready")
    return {
        "acknowledged_updates": len(acknowledged),
        "lost": sum(update not in where for update in acknowledged),
        "moved": sum(where.get(update, seq) != seq for update, seq in acknowledged.items()),
        "doubled": sum(count > 1 for count in times.values()),
        "log_has_gaps": numbers != list(range(1, len(numbers) + 1)),
        "jobs": len(set(planned)),
        "jobs_that_did_not_end": len(unfinished),
        "jobs_without_a_plan": sum(ready_plans[job] == 0 for job in set(planned)),
        "jobs_with_two_plans": sum(count > 1 for count in ready_plans.values()),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=300)
    parser.add_argument("--updates", type=float, default=50)
    parser.add_argument("--reporters", type=int, default=10)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--scenario", default="three_towns")
    parser.add_argument("--database", default="")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    print(header(), file=sys.stderr)
    for number in range(asked.runs):
        asked.seed += number
        print(json.dumps(asyncio.run(one_run(asked))), flush=True)


if __name__ == "__main__":
    main()
