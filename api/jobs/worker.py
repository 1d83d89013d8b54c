"""The worker: takes jobs from the queues, has a child work on each, and writes its end down once.

The table of jobs is the truth. Whatever is under way in it is brought into a queue, again if need be; whoever works
on a job looks twice a second whether it still is; a job whose deadline comes while it waits gets a rule's plan.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import functools
import logging
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from api.jobs import records
from api.jobs.children import Children
from api.jobs.kinds import KINDS, Kind, Loaded
from api.jobs.solving import OVERDUE_SECONDS, Solve, Solved, solved
from api.jobs.watching import Watching
from api.store.database import Database

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Connection

    from api.jobs.engine import Engine
    from api.settings import Settings

TEND_SECONDS = 0.5
"Between two looks at what waits."

CHECK_SECONDS = 5.0
"Between two looks at whether the queues still know all that is under way."

STALE_SECONDS = 60.0
"Without a sign of life for so long, a job is taken from whoever worked on it."

MOST_RESCUED = 4
"Rules' plans worked out at a time for jobs whose deadline comes while they wait."

RESCUE_NICENESS = 5

RESCUE_SHARE = 0.4
"A job waits for its turn until so little of its time is left, or OVERDUE_SECONDS if that is less."

LOG = logging.getLogger("lifeline.jobs")


@dataclass
class Worker:
    """One worker; `start` it in the event loop of its children, and `close` it there.

    `spooled` brings a system to disk by its SHA-256; `told` is called with the incident whose log has grown. `name`
    stays the same when the process is started anew, so that it finds its work.
    """

    settings: Settings
    database: Database
    children: Children
    spooled: Callable[[str], Awaitable[Path]]
    told: Callable[[str | None], None]
    name: str
    at_work: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    engine: Engine | None = None
    _waking: asyncio.Event = field(default_factory=asyncio.Event)
    _handed_over: set[str] = field(default_factory=set)
    _tending: asyncio.Task[None] | None = None
    _is_closing: bool = False
    _rescuers: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(MOST_RESCUED))

    async def start(self) -> None:
        """Open the queues and take up what was under way."""
        from api.jobs.engine import Engine

        loop = asyncio.get_running_loop()

        def work(job: str) -> None:
            # Broken off by a stop, it ends for the queue without a word: the next worker finds it in our table.
            with suppress(concurrent.futures.CancelledError):
                asyncio.run_coroutine_threadsafe(self.work(job), loop).result()

        def launched() -> Engine:
            return Engine(self.settings, self.name, work)

        self.engine = await asyncio.to_thread(launched)
        self._tending = asyncio.create_task(self._tend())

    async def close(self) -> None:
        """Stop; what runs is broken off and found again by the next worker of this name."""
        self._is_closing, has_work = True, bool(self.at_work)
        tasks = [task for task in (self._tending, *self.at_work.values()) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self.engine is not None:
            await asyncio.to_thread(self.engine.close, has_work=has_work)

    @property
    def is_tending(self) -> bool:
        """Tell whether the worker looks after its jobs."""
        return self._tending is not None and not self._tending.done()

    def wake(self) -> None:
        """Say that there is a job to do."""
        self._waking.set()

    async def work(self, job: str) -> None:
        """Work on a job, unless somebody here does already; nothing happens if it has ended."""
        if self._is_closing:
            # Taken from its queue as the worker stops: who begins it now would be waited for until its deadline.
            raise asyncio.CancelledError
        if job not in self.at_work:
            self._enter(job, self._work(job))
        await asyncio.shield(self.at_work[job])

    async def _work(self, job: str) -> None:
        row = await self.database.read(lambda connection: records.get(connection, job))
        if row is None or not await self.database.write(lambda connection: records.begin(connection, job)):
            return
        await self._do_or_say_why(row)

    async def _do_or_say_why(self, row: Any, *, by_rule: bool = False) -> None:
        try:
            await self._do(row, KINDS[row.kind], by_rule=by_rule)
        except Exception:
            LOG.exception("Job %s failed, and the fault is ours.", row.id)
            await self.database.write(lambda connection: failed(connection, row))

    async def _do(self, row: Any, kind: Kind, *, by_rule: bool) -> None:
        """Have it solved, and write down what came of it."""
        loaded = await self.database.read(
            lambda connection: kind.load(connection, row, self.database.reported)
        )
        path = await self.spooled(loaded.system_sha256)
        self.children.keep(str(path))
        solve = Solve(
            kind.understudy if by_rule else kind.function,
            kind.understudy,
            {**loaded.argument, "system": str(path)},
            self.settings.solve_memory_bytes,
            RESCUE_NICENESS if by_rule else self.settings.solve_niceness,
        )
        seconds = seconds_until(row.deadline_at)
        async with Watching(self.database, row.id, row.deadline_at, seconds) as watching:
            found = await solved(
                self.children,
                solve,
                seconds=seconds,
                on_report=watching.take,
                cancel=watching.is_unwanted,
                is_enough=lambda: watching.is_enough,
                best=row.best,
            )
        if self._is_closing:
            return
        if await self.database.write(lambda connection: ended(connection, row, kind, loaded, found)):
            self.told(row.incident)

    async def _tend(self) -> None:
        """Bring new jobs into the queues, lost ones again, and see to those whose deadline comes."""
        next_check = 0.0
        while True:
            self._waking.clear()
            try:
                rows = await self.database.read(records.under_way)
                await self._hand_over([row for row in rows if row.id not in self._handed_over])
                self._rescue(rows)
                if asyncio.get_running_loop().time() >= next_check:
                    next_check = asyncio.get_running_loop().time() + CHECK_SECONDS
                    await self._check(rows)
            except Exception:
                # A database that is away comes back; whoever tends the queues must still be there then.
                LOG.exception("The queues of jobs could not be looked after; they are looked at again.")
            with suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._waking.wait(), TEND_SECONDS)

    async def _hand_over(self, rows: list[Any], attempts: dict[str, int] | None = None) -> None:
        for row in rows:
            await asyncio.to_thread(self._submit, row, (attempts or {}).get(row.id, 0))
            self._handed_over.add(row.id)

    def _submit(self, row: Any, attempt: int) -> None:
        if self.engine is not None:
            is_urgent = row.priority == records.URGENT
            self.engine.submit(
                row.id, row.tenant, is_urgent=is_urgent, priority=row.priority, attempt=attempt
            )

    async def _check(self, rows: Any) -> None:
        """Bring back what the queues have lost: ended there and not here, or in the hands of a dead process."""
        self._handed_over &= {row.id for row in rows}
        engine = self.engine
        if engine is None:
            return
        ids = [row.id for row in rows if row.id not in self.at_work]
        known = await asyncio.to_thread(engine.standing, ids)
        for row in rows:
            standing = known.get(row.id)
            if row.id in self.at_work or (standing is not None and standing.is_waiting):
                continue
            if standing is None or not standing.is_running:
                await self._hand_over([row], {row.id: standing.attempts if standing else 0})
            elif -seconds_until(row.updated_at) > STALE_SECONDS:
                await asyncio.to_thread(
                    engine.resume, standing.workflow, is_urgent=row.priority == records.URGENT
                )

    def _rescue(self, rows: Any) -> None:
        """Have rules' plans made for jobs that wait and whose deadline comes."""
        for row in rows:
            left = seconds_until(row.deadline_at)
            given = left - seconds_until(row.created_at)
            is_short = left < min(OVERDUE_SECONDS, RESCUE_SHARE * given)
            if row.status == records.ACCEPTED and is_short and row.id not in self.at_work:
                self._enter(row.id, self._rescued(row))

    def _enter(self, job: str, work: Coroutine[Any, Any, None]) -> None:
        self.at_work[job] = asyncio.create_task(work)
        self.at_work[job].add_done_callback(functools.partial(self._leave, job))

    def _leave(self, job: str, _: asyncio.Task[None]) -> None:
        self.at_work.pop(job, None)

    async def _rescued(self, row: Any) -> None:
        async with self._rescuers:

            def claim(connection: Connection) -> bool:
                return records.begin(connection, row.id, only_if=records.ACCEPTED)

            if await self.database.write(claim):
                whole = await self.database.read(lambda connection: records.get(connection, row.id))
                await self._do_or_say_why(whole, by_rule=True)


def ended(connection: Connection, row: Any, kind: Kind, loaded: Loaded, found: Solved) -> bool:
    """Write a job's end and what came of it, all or nothing; False where it had ended before."""
    if found.ending in ("answered", "so far"):
        if not records.end(connection, row.id, records.SUCCESSFUL, found.why):
            return False
        records.keep_result(connection, row.id, kind.publish(connection, row, loaded, found.answer))
        return True
    fallback = kind.fallback(connection, row) if found.ending == "nothing" else None
    if fallback is not None:
        if not records.end(connection, row.id, records.SUCCESSFUL, found.why):
            return False
        records.keep_result(connection, row.id, fallback)
        return True
    status = records.DISMISSED if found.ending == "cancelled" else records.FAILED
    if not records.end(connection, row.id, status, found.why):
        return False
    if found.problems:
        records.keep_result(connection, row.id, {"problems": list(found.problems)})
    kind.fail(connection, row, status, found.why)
    return True


def failed(connection: Connection, row: Any) -> bool:
    """End a job that came to grief by a fault of ours; the log of the service says more."""
    message = "The fault is ours; the operator's log says more. It is safe to ask again."
    if not records.end(connection, row.id, records.FAILED, message):
        return False
    if row.kind in KINDS:
        KINDS[row.kind].fail(connection, row, records.FAILED, message)
    return True


def seconds_until(moment: str) -> float:
    """Return the seconds until a moment as the database holds it; negative if it is over."""
    return (datetime.fromisoformat(moment) - datetime.now(UTC)).total_seconds()
