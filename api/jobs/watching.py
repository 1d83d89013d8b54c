"""While a job runs: its progress goes into the database, twice a second at most; that it is unwanted, or
good enough, comes out.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from api.jobs import records
from api.jobs.solving import is_better

if TYPE_CHECKING:
    from api.store.database import Database

LOOK_SECONDS = 0.5

SIGN_OF_LIFE_SECONDS = 5.0
"Without news the row is touched so often, so that nobody takes the job for lost."

MOST_PROGRESS = 99
"The rest is its end."


class Watching:
    """Follows one job for as long as the block lasts."""

    def __init__(self, database: Database, job: str, deadline_at: str, seconds: float) -> None:
        """Watch a job that has so many seconds until its deadline."""
        self.database, self.job, self.seconds = database, job, max(seconds, LOOK_SECONDS)
        self.deadline_at = deadline_at
        self.is_unwanted = asyncio.Event()
        self.is_enough = False
        self._news: dict[str, Any] = {}
        self._best: dict[str, Any] | None = None
        self._is_better = False
        self._first = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        """Begin."""
        self._task = asyncio.create_task(self._watch())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        """End; what came last is in the job's result."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    def take(self, report: dict[str, Any]) -> None:
        """Take what a child tells of its plan."""
        spent = report["seconds"] / self.seconds
        self._news = {"progress": min(int(100 * spent), MOST_PROGRESS), "message": report["phase"]}
        if is_better(report, self._best):
            self._best, self._is_better = dict(report), True
            self._first.set()
        elif self._best is not None and report.get("bound") not in (None, self._best.get("bound")):
            self._best, self._is_better = {**self._best, "bound": report["bound"]}, True

    async def _watch(self) -> None:
        loop = asyncio.get_running_loop()
        written_at = loop.time()
        # The first plan is readable at once, later ones at the next look.
        with suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self._first.wait(), LOOK_SECONDS)
        while not self.is_unwanted.is_set():
            with suppress(Exception):
                if self._news or loop.time() - written_at > SIGN_OF_LIFE_SECONDS:
                    await self.database.write(self._put_down())
                    written_at = loop.time()
                deadline = await self.database.look(lambda connection: records.deadline(connection, self.job))
                if deadline != self.deadline_at:
                    # Somebody has said that it is good enough, by a new deadline; or it has ended elsewhere.
                    self.is_enough = deadline is not None
                    self.is_unwanted.set()
            await asyncio.sleep(LOOK_SECONDS)

    def _put_down(self) -> Any:
        values = self._news
        if self._is_better:
            values = {**values, "best": self._best}
        # The best plan itself is kept: a bound that rises later is told with it.
        self._news, self._is_better = {}, False
        return lambda connection: records.tell(connection, self.job, **values)
