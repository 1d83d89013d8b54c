"""Children in an event loop of its own thread, as a service has them, for tests that are no coroutines."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

from api.jobs.children import Children

Answer = TypeVar("Answer")


class Running:
    """A warm host, and a way to wait for what children do."""

    def __init__(self, warming: str = "job_faults:nothing") -> None:
        """Begin warm; compiled loops are nothing to most tests."""
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        self.children = self.do(self._started(warming))

    async def _started(self, warming: str) -> Children:
        children = Children(warming=warming)
        await children.start()
        await children.is_warm.wait()
        return children

    def do(self, what: Coroutine[Any, Any, Answer]) -> Answer:
        return asyncio.run_coroutine_threadsafe(what, self.loop).result(120)

    def close(self) -> None:
        self.do(self.children.close())
        self.do(self.loop.shutdown_default_executor())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()
