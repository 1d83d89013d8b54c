"""Runs a function in a child process that may crash, hang or run out of memory without harm to the caller.

The child reads one line of JSON, {"function": "module:name", "argument": ..., "memory_bytes": ...}, calls the
function with the argument and a `report` function, and writes one line of JSON for each report and one for what the
function returns. It ends when nobody is at the other end any more, so it never outlives the caller. It needs no guard
in the caller's main module: a notebook, a test or a server can all start it.

A host forks it where there is one to be had (`child_hosted`): then modules of this package are as they were when the
host loaded them, with the first child. Else `python -m solvers.child` does the same, and has everything to load.
"""

from __future__ import annotations

import importlib
import json
import os
import resource
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from queue import Empty, Queue
from typing import IO, Any, Literal

from solvers.child_hosted import hosted
from solvers.child_start import Child, FreshChild

Ending = Literal["finished", "crashed", "memory", "seconds", "cancelled"]

OUT_OF_MEMORY = 77
"Exit status of a child that could not get the memory it asked for."

LOOK_SECONDS = 0.05
"How long to wait for news before `keep_on` is asked again."

_NO_MORE = None


@dataclass(frozen=True)
class Outcome:
    """How a child ended, with what its function returned if it did (`finished`), and why not in words."""

    ending: Ending
    value: Any = None
    message: str = ""


LOST = Outcome("crashed", message="Nobody can tell how the child process ended.")
"How a child ends whose host is dead or deaf; what it was asked for is asked again, without a host."


def run_in_child(
    function: str,
    argument: Any,
    *,
    seconds: float | None = None,
    memory_bytes: int | None = None,
    on_report: Callable[[Any], None] | None = None,
    keep_on: Callable[[], bool] | None = None,
) -> Outcome:
    """Call `module:name` with a JSON argument in a child process, and return how that went; it never raises for it.

    After `seconds` the child is killed, at once when `keep_on` returns False. `on_report` is called, in this
    process, with everything that the function reports; again from the start, should somebody kill child and host.
    """
    deadline = None if seconds is None else time.monotonic() + seconds
    request = json.dumps({"function": function, "argument": argument, "memory_bytes": memory_bytes})
    ask = partial(_asked, request=request, deadline=deadline, on_report=on_report, keep_on=keep_on)
    child = hosted()
    outcome = LOST if child is None else ask(child)
    return ask(FreshChild()) if outcome is LOST else outcome


def _asked(
    child: Child,
    request: str,
    deadline: float | None,
    on_report: Callable[[Any], None] | None,
    keep_on: Callable[[], bool] | None,
) -> Outcome:
    """Return how a child did what is asked for; it is gone then, whatever happens."""
    news: Queue[dict[str, Any] | None] = Queue()
    threads = (
        threading.Thread(target=child.ask, args=(request.encode() + b"\n",), daemon=True),
        threading.Thread(target=_listen, args=(child.mouth, news), daemon=True),
    )
    try:
        for thread in threads:
            thread.start()
        return _follow(child, news, deadline, on_report, keep_on)
    finally:
        child.kill()
        for thread in threads:
            thread.join()
        child.close()


def _listen(mouth: IO[bytes], news: Queue[dict[str, Any] | None]) -> None:
    # A connection that the dead have left with words unread ends in an error.
    with suppress(ConnectionError):
        for line in mouth:
            # A child that is killed may leave half a line.
            if line.endswith(b"\n"):
                news.put(json.loads(line))
    news.put(_NO_MORE)


def _follow(
    child: Child,
    news: Queue[dict[str, Any] | None],
    deadline: float | None,
    on_report: Callable[[Any], None] | None,
    keep_on: Callable[[], bool] | None,
) -> Outcome:
    while True:
        if keep_on is not None and not keep_on():
            return Outcome("cancelled")
        left = LOOK_SECONDS if deadline is None else min(LOOK_SECONDS, deadline - time.monotonic())
        if left <= 0:
            return Outcome("seconds")
        try:
            message = news.get(timeout=left)
        except Empty:
            continue
        if message is _NO_MORE:
            return _obituary(child.status())
        if "value" in message:
            return Outcome("finished", message["value"])
        if "failure" in message:
            return Outcome("crashed", message=message["failure"])
        if on_report is not None:
            on_report(message["report"])


def _obituary(status: int | None) -> Outcome:
    """Return how a child ended that closed its mouth without an answer."""
    if status is None:
        return LOST
    if status == OUT_OF_MEMORY:
        return Outcome("memory", message="The child process ran out of memory.")
    how = f"by signal {-status}" if status < 0 else f"with exit status {status}"
    return Outcome("crashed", message=f"The child process was ended {how}.")


def main() -> None:
    """Do what one line on standard input asks for."""
    mouth = os.fdopen(os.dup(1), "wb")
    # What a library prints must not get between the answers.
    os.dup2(2, 1)
    answer(sys.stdin.buffer, mouth)


def answer(ears: IO[bytes], mouth: IO[bytes]) -> None:
    """Do, in this process, what one line asks for, and end when there is nobody at the other end any more."""
    line = ears.readline()
    if not line:
        return
    request = json.loads(line)
    threading.Thread(target=_die_with_caller, args=(ears,), daemon=True).start()

    def tell(**message: Any) -> None:
        mouth.write(json.dumps(message).encode() + b"\n")
        mouth.flush()

    try:
        if request["memory_bytes"] is not None:
            # Where the caller is limited itself, this is not a way to more.
            _, most = resource.getrlimit(resource.RLIMIT_AS)
            wanted = request["memory_bytes"]
            limit = wanted if most == resource.RLIM_INFINITY else min(wanted, most)
            resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
        module, name = request["function"].split(":")
        function = getattr(importlib.import_module(module), name)
        tell(value=function(request["argument"], lambda report: tell(report=report)))
    except MemoryError:
        os._exit(OUT_OF_MEMORY)
    except Exception as error:
        tell(failure=f"{type(error).__name__}: {error}")
        raise


def _die_with_caller(ears: IO[bytes]) -> None:
    ears.read()
    os._exit(0)


if __name__ == "__main__":
    main()
