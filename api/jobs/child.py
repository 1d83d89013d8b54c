"""A child process: reads one request from its socket, does it, and tells what comes of it, line by line.

The request is a line of JSON: {"function": "module:name", "argument": ..., "memory_bytes": ...}. The function is
called with the argument and a `report` function. Each answer is a line of JSON with one key: `report`, `alive` (a
heartbeat, so that a silent search is not taken for a dead one), and last of all `value`, `refused` (what was asked
cannot be: the message, and each bad place) or `failure`. With "as_text" in the request the value comes as `text_bytes`,
a number, and so many bytes of JSON after the line: who only passes it on need not read it. A child is the leader of its
own process group, and ends with whoever asked.

`python -m api.jobs.child FD` is a child without a warm host; it has everything still to load.
"""

from __future__ import annotations

import ctypes
import importlib
import json
import os
import resource
import select
import signal
import socket
import sys
import threading
import traceback
from contextlib import suppress
from typing import Any

HEARTBEAT_SECONDS = 2.0

SOLVES, CP_SAT = "api.jobs.work:plan", "solvers.cp_search"
"A child that is to solve, and has CP-SAT loaded, forks a host for it (`solvers.child_hosted`) while it has one thread."

OUT_OF_MEMORY = 77
"Exit status of a child that could not get the memory it asked for."

DIE_WITH_PARENT = 1
"PR_SET_PDEATHSIG, prctl(2)."

NEW_NETWORK, NEW_USER = 0x40000000, 0x10000000
"CLONE_NEWNET and CLONE_NEWUSER, unshare(2)."

MOST_OF_A_FAILURE = 400
"Characters of a message about a fault of ours."

MOST_NICE = 19
"Beyond it is only SCHED_IDLE, sched(7)."

LEFT_TO_KERNEL = signal.SIG_DFL


def answer(ears: socket.socket) -> None:
    """Do the one thing that the other end of the socket asks for."""
    line = _first_line(ears)
    if not line:
        return  # Whoever asked has changed their mind.
    mouth = _Mouth(ears)
    try:
        request = json.loads(line)
        _limit_memory(request["memory_bytes"])
        if request["function"] == SOLVES and CP_SAT in sys.modules:
            _fork_host()
        threading.Thread(target=_watch, args=(ears, mouth), daemon=True).start()
        _do(request, mouth)
    except MemoryError:
        os._exit(OUT_OF_MEMORY)


def _do(request: dict[str, Any], mouth: _Mouth) -> None:
    from api.jobs.answers import written
    from lifeline.errors import LifelineError, SolverFailure

    try:
        module, name = request["function"].split(":")
        function = getattr(importlib.import_module(module), name)
        try:
            value = function(request["argument"], lambda report: mouth.say(report=report))
        finally:
            _end_host()
        if request.get("as_text"):
            mouth.hand_over(written(value).encode())
        else:
            mouth.say(value=value)
    except MemoryError:
        raise
    except SolverFailure as failure:
        mouth.say(failure=str(failure))
    except LifelineError as refusal:
        mouth.say(refused=_told(refusal))
    except Exception as error:
        traceback.print_exc()
        mouth.say(failure=f"{type(error).__name__}: {error}"[:MOST_OF_A_FAILURE])


def _fork_host() -> None:
    from solvers.child_hosted import fork_host

    fork_host()


def _end_host() -> None:
    """Bury the solvers' host before the answer: whoever has that kills the group, and nobody is left to do it."""
    if (hosted := sys.modules.get("solvers.child_hosted")) is not None:
        hosted.end_host()


def _told(refusal: Exception) -> dict[str, Any]:
    from dataclasses import asdict

    problems = [asdict(problem) for problem in getattr(refusal, "problems", ())]
    return {"kind": type(refusal).__name__, "message": str(refusal), "problems": problems}


class _Mouth:
    """Says one thing at a time."""

    def __init__(self, ears: socket.socket) -> None:
        self._ears, self._lock = ears, threading.Lock()

    def say(self, **message: Any) -> None:
        self._send(json.dumps(message, allow_nan=False).encode() + b"\n")

    def hand_over(self, text: bytes) -> None:
        self._send(json.dumps({"text_bytes": len(text)}).encode() + b"\n" + text)

    def _send(self, words: bytes) -> None:
        with self._lock:
            try:
                self._ears.sendall(words)
            except OSError:
                end_group()  # Nobody listens any more.


def _watch(ears: socket.socket, mouth: _Mouth) -> None:
    """Give a sign of life now and then; end everything as soon as the other end is gone."""
    news = select.poll()
    news.register(ears, select.POLLRDHUP)
    while not news.poll(HEARTBEAT_SECONDS * 1000):
        mouth.say(alive=True)
    end_group()


def end_group() -> None:
    """End this process and all that it has started."""
    os.killpg(os.getpgrp(), signal.SIGKILL)


def _first_line(ears: socket.socket) -> bytes:
    pieces = []
    while True:
        piece = ears.recv(1 << 16)
        pieces.append(piece)
        if not piece:
            return b""
        if piece.endswith(b"\n"):
            return b"".join(pieces)


def _limit_memory(bytes_more: int | None) -> None:
    """Let the process take so much more address space than it has, and leave no core file behind."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if bytes_more is None:
        return
    with open("/proc/self/statm", encoding="ascii") as numbers:
        pages = int(numbers.read().split()[0])
    most = pages * resource.getpagesize() + bytes_more
    resource.setrlimit(resource.RLIMIT_AS, (most, most))


def stand_alone(ears: socket.socket, niceness: int) -> None:
    """Make a forked process a child of its own: no ties to the host but its life, which the child does not outlive."""
    parent = os.getppid()
    os.setpgid(0, 0)
    give_way(niceness)
    leave_network()
    # After that: a change of what a process may do takes this back (prctl(2)).
    ctypes.CDLL(None, use_errno=True).prctl(DIE_WITH_PARENT, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGCHLD, signal.SIGINT, signal.SIGTERM):
        signal.signal(number, LEFT_TO_KERNEL)
    os.closerange(3, ears.fileno())
    os.closerange(ears.fileno() + 1, resource.getrlimit(resource.RLIMIT_NOFILE)[0])


def give_way(niceness: int) -> None:
    """Let everybody else go first, by so much; at the most, run only while nobody else wants to.

    Linux schedules sessions as groups, in which alone niceness counts (sched(7), "The autogroup feature"): a child is
    therefore of the service's session. Niceness is a share, and a nice process that runs may end its slice, some
    milliseconds, before another one is let in; SCHED_IDLE gives way at once.
    """
    if os.nice(niceness) == MOST_NICE:
        with suppress(OSError):
            os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))


def leave_network() -> None:
    """Have no network any more, not even this machine's own, where the kernel allows of that.

    A child reads files that strangers made, and has nothing to say to anybody but to who asked. Who is not root may
    leave in a user namespace of its own, if at all (user_namespaces(7)).
    """
    unshare = ctypes.CDLL(None, use_errno=True).unshare
    if unshare(NEW_NETWORK) != 0:
        unshare(NEW_USER | NEW_NETWORK)


def main() -> None:
    """Be a child that was started for one request, with its socket and its niceness as arguments."""
    ears = socket.socket(fileno=int(sys.argv[1]))
    os.dup2(2, 1)
    give_way(int(sys.argv[2]))
    leave_network()
    answer(ears)
    ears.close()
    os._exit(0)


if __name__ == "__main__":
    main()
