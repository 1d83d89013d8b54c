"""The warm host: one process that has everything loaded, and forks a child for each request.

A solver's compiled loops take seconds to load, and a large city takes time to read; a fork has both at once. Forking
is safe only where there is one thread, so the host does nothing else: no event loop of others, no database, no web
server. `python -m api.jobs.host FD module:name` loads by calling that function, and then reads packets of JSON from a
socket of SOCK_SEQPACKET:

    {"run": 7, "niceness": 10} and the child's socket   → {"started": 7, "pid": 4711}, later {"ended": 7, "status": 0}
    {"keep": "path of a system"}                        → read it, so that children have it without reading
    {"bury": 7}                                         → the dead child's number may be given to another process

`status` is as `os.waitstatus_to_exitcode` has it: minus the signal that killed it, or its exit status. When the
socket closes, the service is gone: all children and the host end.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import select
import signal
import socket
import sys
from contextlib import suppress
from typing import Any, NoReturn

MOST_PACKET_BYTES = 1 << 16


class Host:
    """Forks children and says how they end."""

    def __init__(self, service: socket.socket) -> None:
        """Listen to the service."""
        self.service = service
        self.living: dict[int, int] = {}
        self.dead: dict[int, int] = {}

    def serve(self) -> NoReturn:
        """Do what the service asks for until it is gone."""
        news, wake = os.pipe()
        for end in (news, wake):
            os.set_blocking(end, False)
        # The signal itself does nothing but wake the loop.
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
        self.say(ready=True)
        while True:
            readable = select.select([self.service.fileno(), news], [], [])[0]
            if news in readable:
                os.read(news, MOST_PACKET_BYTES)
                self.look_for_the_dead()
            if self.service.fileno() in readable:
                self.listen()

    def say(self, **message: Any) -> None:
        """Tell the service."""
        try:
            self.service.send(json.dumps(message).encode())
        except OSError:
            self.end()

    def listen(self) -> None:
        """Do the next thing the service asks for."""
        packet, sockets, _, _ = socket.recv_fds(self.service, MOST_PACKET_BYTES, 1)
        if not packet:
            self.end()
        request = json.loads(packet)
        if "run" in request:
            self.fork(request["run"], socket.socket(fileno=sockets[0]), request["niceness"])
        elif "keep" in request:
            keep(request["keep"])
        elif request["bury"] in self.dead:
            os.waitpid(self.dead.pop(request["bury"]), 0)

    def fork(self, number: int, ears: socket.socket, niceness: int) -> None:
        """Start a child that answers whoever is at the other end of the socket."""
        pid = os.fork()
        if pid == 0:
            be_child(ears, niceness)
        ears.close()
        self.living[number] = pid
        self.say(started=number, pid=pid)

    def look_for_the_dead(self) -> None:
        """Tell of children that have ended; their numbers stay taken until the service has killed what they left."""
        for number, pid in list(self.living.items()):
            found = os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            if found is None:
                continue
            self.dead[number] = self.living.pop(number)
            status = found.si_status if found.si_code == os.CLD_EXITED else -found.si_status
            self.say(ended=number, status=status)

    def end(self) -> NoReturn:
        """End all children, with all that they have started, and the host."""
        for pid in (*self.living.values(), *self.dead.values()):
            with suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)
        os._exit(0)


def be_child(ears: socket.socket, niceness: int) -> NoReturn:
    """Answer, and end without tidying up what is the host's."""
    from api.jobs.child import answer, stand_alone

    status = 1
    try:
        stand_alone(ears, niceness)
        answer(ears)
        status = 0
    finally:
        os._exit(status)


def keep(path: str) -> None:
    """Have a system at hand for the children to come; one that cannot be read is theirs to tell of."""
    from api.jobs.systems import system_at

    with suppress(Exception):
        _ = system_at(path).compiled
    settle()


def settle() -> None:
    """Set apart what is loaded, so that a child that collects its garbage does not copy all of it."""
    gc.collect()
    gc.freeze()


def main() -> None:
    """Load everything, then serve."""
    service = socket.socket(fileno=int(sys.argv[1]))
    os.dup2(2, 1)
    module, name = sys.argv[2].split(":")
    getattr(importlib.import_module(module), name)()
    settle()
    Host(service).serve()


if __name__ == "__main__":
    main()
