"""The host: one process that has loaded what a solve needs, and forks a child for each request in milliseconds.

Forking is safe only where there is one thread, so the host does nothing else; functions of other packages are loaded
in the child. `python -m solvers.child_host FD PID` reads packets from the socket FD of SOCK_SEQPACKET, whose other end
is process PID's, the caller. Each packet brings two sockets: one for the child (see `child.answer`) and one on which
the host tells the caller of it, in two packets:

    BORN, with a file descriptor of the process (pidfd)
    the status with which it ended, as `os.waitstatus_to_exitcode` has it: minus the signal, or the exit status

When the caller ends, or closes the socket, the host kills all children and ends.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import resource
import select
import signal
import socket
import sys
from contextlib import suppress
from typing import Any, NoReturn

from solvers.child import answer
from solvers.child_hosted import BORN, MOST_PACKET_BYTES

LOADED = ("ortools.sat.python.cp_model", "scipy.sparse.csgraph", "solvers.cp_search", "solvers.cp_windows")
"What a child that solves need not load any more; loading it starts no thread."


class Host:
    """Forks children, and tells of each when it is born and how it ended."""

    def __init__(self, line: socket.socket, caller: int) -> None:
        """Serve the process `caller`, which is at the other end of the line."""
        self.line, self.caller = line, os.pidfd_open(caller)
        # The line alone will not do: a process that the caller has forked may hold its other end open.
        if os.getppid() != caller:
            os._exit(1)
        self.children: dict[int, tuple[int, socket.socket]] = {}
        self.news = select.poll()
        for end in (line.fileno(), self.caller):
            self.news.register(end, select.POLLIN)
        # Ctrl-C in a terminal reaches everybody; what it means is the caller's to say, and each child's.
        self.on_interrupt = signal.signal(signal.SIGINT, signal.SIG_IGN)

    def serve(self) -> NoReturn:
        """Do what the caller asks for until it is gone."""
        while True:
            for end, _ in self.news.poll():
                if end == self.caller:
                    self.end()
                elif end == self.line.fileno():
                    self.listen()
                else:
                    self.bury(end)

    def listen(self) -> None:
        """Fork one more child."""
        packet, ends, _, _ = socket.recv_fds(self.line, MOST_PACKET_BYTES, 2)
        if not packet:
            self.end()
        voice, mouth = ends
        with socket.socket(fileno=mouth) as news, suppress(OSError):
            pid = os.fork()
            if pid == 0:
                be_child(voice, self.on_interrupt)
            child = os.pidfd_open(pid)
            self.children[child] = pid, news.dup()
            self.news.register(child, select.POLLIN)
            socket.send_fds(news, [BORN], [child])
        os.close(voice)

    def bury(self, child: int) -> None:
        """Tell how a child ended; by then no trace of it is left."""
        pid, news = self.children.pop(child)
        self.news.unregister(child)
        os.close(child)
        _, status = os.waitpid(pid, 0)
        with news, suppress(OSError):
            news.send(str(os.waitstatus_to_exitcode(status)).encode())

    def end(self) -> NoReturn:
        """End all children and the host."""
        for pid, _ in self.children.values():
            os.kill(pid, signal.SIGKILL)
        for pid, _ in self.children.values():
            os.waitpid(pid, 0)
        os._exit(0)


def be_child(voice: int, on_interrupt: Any) -> NoReturn:
    """Answer, and end without tidying up what is the host's."""
    status = 1
    try:
        signal.signal(signal.SIGINT, on_interrupt)
        os.closerange(3, voice)
        os.closerange(voice + 1, resource.getrlimit(resource.RLIMIT_NOFILE)[0])
        ears = os.fdopen(voice, "rb")
        surroundings = ears.readline()
        # Without a line, the caller has changed its mind.
        if surroundings:
            settle_in(json.loads(surroundings))
            answer(ears, os.fdopen(os.dup(voice), "wb"))
        status = 0
    except SystemExit as leave:
        status = leave.code if isinstance(leave.code, int) else int(leave.code is not None)
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGINT)
    finally:
        os._exit(status)


def settle_in(surroundings: dict[str, Any]) -> None:
    """Make this process what it would be had the caller started it just now."""
    os.environ.clear()
    os.environ.update(surroundings["environment"])
    sys.path[:] = surroundings["path"]
    if surroundings["directory"] is not None:
        os.chdir(surroundings["directory"])
    # Whoever has given way in the meantime, or taken a limit, may not be able to take it back, nor may the child.
    with suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, 0, surroundings["niceness"])
    with suppress(OSError):
        os.sched_setaffinity(0, surroundings["cores"])
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_AS, tuple(surroundings["address_space"]))


def load() -> None:
    """Load what CP-SAT needs, without a thread."""
    for module in LOADED:
        importlib.import_module(module)


def be_host(line: socket.socket, caller: int) -> NoReturn:
    """Serve in a process that the caller has just forked, with all that is loaded."""
    try:
        os.closerange(3, line.fileno())
        os.closerange(line.fileno() + 1, resource.getrlimit(resource.RLIMIT_NOFILE)[0])
        nowhere = os.open(os.devnull, os.O_RDWR)
        for end in (0, 1, 2):
            os.dup2(nowhere, end)
        gc.freeze()
        Host(line, caller).serve()
    finally:
        os._exit(1)


def main() -> None:
    """Load everything, then serve."""
    line, caller = socket.socket(fileno=int(sys.argv[1])), int(sys.argv[2])
    host = Host(line, caller)
    load()
    gc.collect()
    # Set apart what is loaded: a child's garbage collection then copies nothing of it.
    gc.freeze()
    host.serve()


if __name__ == "__main__":
    main()
