"""Jobs end once: with DBOS, on a database of their own, with children that do whatever a test needs."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from running_children import Running

from api.jobs import kinds, records
from api.jobs.kinds import KINDS, Kind, Loaded
from api.jobs.running import working
from api.jobs.worker import Worker
from api.settings import Settings
from api.store.database import Database
from api.store.migrations import bring_up_to_date

MANY_SECONDS = 60.0


def kind(function: str, published: list[int]) -> Kind:
    """A kind of job that is about nothing: what its function answers is noted in `published`."""

    def publish(connection: Any, job: Any, loaded: Loaded, answer: Any) -> dict[str, Any]:
        published.append(answer["objective"])
        return {"objective": answer["objective"], "label": answer["label"]}

    return Kind(
        function=f"job_faults:{function}",
        understudy="job_faults:understudy",
        load=lambda connection, job, reported: Loaded("", {}),
        publish=publish,
        fail=lambda connection, job, status, message: None,
        fallback=lambda connection, job: None,
    )


class Work:
    """A worker in the loop of the children, and jobs for it."""

    def __init__(self, running: Running, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
        self.running, self.settings, self.monkeypatch = running, settings, monkeypatch
        self.database = Database(settings.database)
        bring_up_to_date(self.database)
        self.published: list[int] = []

    def ask(
        self, function: str, *, seconds: float = MANY_SECONDS, tenant: str = "city", urgent: bool = False
    ) -> str:
        self.monkeypatch.setitem(KINDS, function, kind(function, self.published))
        return self.database.write_now(
            lambda connection: records.submit(
                connection,
                tenant=tenant,
                incident=None,
                kind=function,
                request={},
                deadline=datetime.now(UTC) + timedelta(seconds=seconds),
                is_urgent=urgent,
                who="tester",
            )
        )

    @asynccontextmanager
    async def working(self) -> AsyncIterator[Worker]:
        async def spooled(sha256: str) -> Path:
            return Path("nowhere.zip")

        async with working(
            self.settings, self.database, self.running.children, spooled=spooled, told=lambda _: None
        ) as worker:
            yield worker

    def row(self, job: str) -> Any:
        return self.database.read_now(lambda connection: records.get(connection, job))

    def do(self, wait: Callable[[Worker], Awaitable[Any]]) -> None:
        async def all_of_it() -> None:
            async with self.working() as worker:
                await wait(worker)

        self.running.do(all_of_it())

    def until(self, holds: Callable[[], bool]) -> Callable[[Worker], Awaitable[None]]:
        async def wait(worker: Worker) -> None:
            for _ in range(1200):
                if await asyncio.to_thread(holds):
                    return
                await asyncio.sleep(0.05)
            raise AssertionError("It did not come to that within a minute.")

        return wait

    def until_ended(self, *jobs: str) -> Callable[[Worker], Awaitable[None]]:
        return self.until(lambda: all(self.row(job).finished_at for job in jobs))


@pytest.fixture
def work(
    running: Running, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Work]:
    settings = Settings(data_folder=tmp_path / "data", database_url=database_url, solve_slots=3)
    work = Work(running, settings, monkeypatch)
    yield work
    work.database.close()


def test_a_job_is_worked_on_and_ends_once(work: Work) -> None:
    job = work.ask("plan_well")
    work.do(work.until_ended(job))
    row = work.row(job)
    assert (row.status, row.progress, row.result) == (
        "successful",
        100,
        {"objective": 600, "label": "optimal"},
    )
    assert work.published == [600]


def test_while_it_runs_the_best_plan_so_far_can_be_read(work: Work) -> None:
    job = work.ask("plan_then_hang")
    work.do(work.until(lambda: (work.row(job).best or {}).get("objective") == 700))
    assert work.row(job).best["plan"] == "plan of 700"


def test_a_bound_that_rises_after_the_best_plan_was_told_is_told_with_it(work: Work) -> None:
    job = work.ask("plan_then_prove_more")
    work.do(work.until(lambda: (work.row(job).best or {}).get("bound") == 500))
    assert (work.row(job).best["objective"], work.row(job).best["plan"]) == (900, "plan of 900")


def test_found_good_enough_the_best_plan_so_far_is_the_result_long_before_the_deadline(work: Work) -> None:
    job = work.ask("plan_then_hang", seconds=3000.0)

    async def enough(worker: Worker) -> None:
        await work.until(lambda: (work.row(job).best or {}).get("objective") == 700)(worker)
        assert await work.database.write(
            lambda connection: records.enough(connection, work.row(job).tenant, job)
        )
        await work.until_ended(job)(worker)

    work.do(enough)
    row = work.row(job)
    assert (row.status, row.message, row.result["objective"]) == (
        "successful",
        "It was found good enough.",
        700,
    )


def test_without_a_plan_nothing_is_good_enough(work: Work) -> None:
    job = work.ask("plan_well")
    tenant = work.row(job).tenant
    assert not work.database.write_now(lambda connection: records.enough(connection, tenant, job))


def test_at_its_deadline_the_best_plan_so_far_is_the_result(work: Work) -> None:
    job = work.ask("plan_then_hang", seconds=3.0)
    work.do(work.until_ended(job))
    assert (work.row(job).status, work.row(job).result["objective"]) == ("successful", 700)
    assert work.row(job).message == "Its time was up."


def test_a_job_that_is_refused_has_failed_and_says_why(work: Work) -> None:
    job = work.ask("refuse")
    work.do(work.until_ended(job))
    assert work.row(job).status == "failed"
    assert "is there twice; keep one." in work.row(job).message
    assert work.row(job).result["problems"][0]["row"] == 3


def test_a_job_that_was_dismissed_stays_so_and_its_child_ends(work: Work) -> None:
    job = work.ask("plan_then_hang")

    async def dismiss(worker: Worker) -> None:
        await work.until(lambda: work.row(job).best is not None)(worker)
        assert await work.database.write(lambda connection: records.cancel(connection, "city", job))
        await work.until(lambda: not worker.at_work)(worker)

    work.do(dismiss)
    assert (work.row(job).status, work.published) == ("dismissed", [])


def test_nobody_dismisses_the_job_of_another_tenant(work: Work) -> None:
    job = work.ask("plan_well")
    assert not work.database.write_now(lambda connection: records.cancel(connection, "other", job))
    assert work.row(job).status == "accepted"


def test_a_worker_that_stops_begins_nothing_any_more(work: Work) -> None:
    """Else a stop would wait for the end of what it has begun."""
    jobs: list[str] = []

    async def begun_too_late(worker: Worker) -> None:
        await worker.close()
        jobs.append(await asyncio.to_thread(work.ask, "hang"))
        with pytest.raises(asyncio.CancelledError):
            await worker.work(jobs[0])

    work.do(begun_too_late)
    assert work.row(jobs[0]).status == "accepted"


def test_what_a_stopped_worker_was_at_is_done_by_the_next_one(work: Work, caplog: Any) -> None:
    job = work.ask("plan_then_hang", seconds=20.0)
    # What DBOS logs does not reach the root.
    work.monkeypatch.setattr(logging.getLogger("dbos"), "handlers", [caplog.handler])
    work.do(work.until(lambda: work.row(job).best is not None))
    assert work.row(job).status == "running"
    assert not caplog.records, "A stop is no fault."
    work.monkeypatch.setitem(KINDS, "plan_then_hang", kind("plan_well", work.published))
    work.do(work.until_ended(job))
    assert (work.row(job).status, work.published) == ("successful", [600])


def test_a_job_whose_deadline_went_by_while_nobody_worked_gets_a_rules_plan(work: Work) -> None:
    job = work.ask("plan_then_hang", seconds=-10.0)
    work.do(work.until_ended(job))
    assert (work.row(job).status, work.row(job).result["label"]) == ("successful", "rule")


def test_a_tenant_at_its_quota_waits_and_another_does_not(work: Work) -> None:
    """Three slots, two for a tenant: the third job of the first tenant waits, that of the second is done."""
    hogs = [work.ask("hang") for _ in range(3)]

    def standing() -> list[str]:
        return sorted(work.row(job).status for job in hogs)

    async def come_second(worker: Worker) -> None:
        await work.until(lambda: standing().count("running") >= 2)(worker)
        other = await asyncio.to_thread(work.ask, "plan_well", tenant="other")
        await work.until_ended(other)(worker)

    work.do(come_second)
    assert standing() == ["accepted", "running", "running"]


def test_urgent_work_has_a_slot_of_its_own(work: Work) -> None:
    for tenant in ("a", "b", "c", "d"):
        work.ask("hang", tenant=tenant)
    urgent = work.ask("plan_well", tenant="a", urgent=True)
    work.do(work.until_ended(urgent))
    assert work.row(urgent).result == {"objective": 600, "label": "optimal"}


def test_a_job_that_waits_for_a_slot_until_its_deadline_gets_a_rules_plan(work: Work) -> None:
    hogs = [work.ask("hang", tenant=tenant) for tenant in ("a", "b", "c")]
    late = []

    async def come_late(worker: Worker) -> None:
        await work.until(lambda: all(work.row(job).status == "running" for job in hogs))(worker)
        late.append(work.ask("plan_well", tenant="d", seconds=6.0))
        await work.until_ended(*late)(worker)

    work.do(come_late)
    assert work.row(late[0]).result["label"] == "rule"


def test_more_jobs_than_a_tenant_may_have_are_refused(work: Work) -> None:
    for _ in range(records.MOST_UNDER_WAY):
        work.ask("plan_well")
    with pytest.raises(records.QuotaExceeded):
        work.ask("plan_well")
    work.ask("plan_well", tenant="other")


def test_a_fault_of_ours_ends_the_job_and_says_no_more_than_that(work: Work, caplog: Any) -> None:
    job = work.ask("plan_well")

    def stumble(connection: Any, row: Any, reported: Any) -> Loaded:
        raise LookupError("secret of the database")

    work.monkeypatch.setitem(KINDS, "plan_well", replace(kind("plan_well", []), load=stumble))
    work.do(work.until_ended(job))
    assert work.row(job).status == "failed"
    assert "secret" not in work.row(job).message
    assert "secret of the database" in caplog.text


WORKER = """
import asyncio, sys
from pathlib import Path
from api.jobs import kinds
from api.jobs.children import Children
from api.jobs.running import working
from api.settings import Settings
from api.store.database import Database
sys.path.insert(0, {tests!r})
from api.jobs.kinds import Kind, Loaded

def publish(connection, job, loaded, answer):
    with open({published!r}, "a") as file:
        file.write(job.id + "\\n")
    return {{"objective": answer["objective"]}}

async def spooled(sha256):
    return Path("nowhere.zip")

async def serve():
    settings = Settings(data_folder=Path({folder!r}), database_url={url!r})
    kinds.KINDS["slow"] = Kind("job_faults:" + sys.argv[1], "job_faults:understudy",
        lambda connection, job, reported: Loaded("", {{}}), publish, lambda *_: None, lambda *_: None)
    async with working(settings, Database(settings.database), Children(), spooled=spooled, told=lambda _: None):
        await asyncio.sleep(600)

asyncio.run(serve())
"""


def test_after_kill_9_of_a_worker_in_the_middle_of_a_job_the_job_ends_once(
    work: Work, tmp_path: Path
) -> None:
    published = tmp_path / "published"
    code = WORKER.format(
        tests=str(Path(__file__).parents[2]),
        published=str(published),
        folder=str(work.settings.data_folder),
        url=work.settings.database_url,
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}

    def started(function: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen([sys.executable, "-c", code, function], env=environment)

    def wait_until(holds: Callable[[], bool]) -> None:
        for _ in range(1200):
            if holds():
                return
            time.sleep(0.05)
        raise AssertionError("It did not come to that within a minute.")

    work.monkeypatch.setitem(kinds.KINDS, "slow", kind("plan_then_hang", []))
    job = work.database.write_now(
        lambda connection: records.submit(
            connection,
            tenant="city",
            incident=None,
            kind="slow",
            request={},
            deadline=datetime.now(UTC) + timedelta(seconds=120),
            is_urgent=False,
            who="tester",
        )
    )
    first = started("plan_then_hang")
    wait_until(lambda: work.row(job).best is not None)
    first.send_signal(signal.SIGKILL)
    first.wait()
    assert work.row(job).status == "running"
    second = started("plan_well")
    try:
        wait_until(lambda: work.row(job).finished_at is not None)
    finally:
        second.kill()
        second.wait()
    assert (work.row(job).status, work.row(job).result) == ("successful", {"objective": 600})
    assert published.read_text(encoding="utf-8").split() == [job]
