"""One of the processes that answer beside the first; it does not outlive that, and is started by `Answerers` only.

`python -m api.http.answerer FD PID` reads from a socket of SOCK_SEQPACKET what it is to be: its number, the settings,
the addresses to listen on. It says LISTENS when it does, and WORK when there is a job for the worker of the first.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import socket
import sys
from contextlib import suppress

MOST_PACKET_BYTES = 1 << 17
LISTENS, WORK = b"listens", b"work"


def main() -> None:
    """Answer until told to stop, or until the first process is gone."""
    from api.jobs.child import DIE_WITH_PARENT

    ctypes.CDLL(None, use_errno=True).prctl(DIE_WITH_PARENT, signal.SIGKILL)
    if os.getppid() != int(sys.argv[2]):
        return
    line = socket.socket(fileno=int(sys.argv[1]))
    told = line.recv(MOST_PACKET_BYTES)
    line.setblocking(False)
    if told:
        serve(line, **json.loads(told))


def serve(
    line: socket.socket, number: int, settings: dict[str, object], addresses: list[tuple[int, list[object]]]
) -> None:
    """Serve on these addresses, which the first process has found free."""
    from api.http.app import create_app
    from api.http.logs import configure_logs
    from api.http.place import Place
    from api.http.server import server_of
    from api.http.sockets import bound_beside
    from api.settings import Settings

    def say(what: bytes) -> None:
        # A first process that is gone takes this one with it; one that does not listen looks for jobs by itself.
        with suppress(OSError):
            line.send(what)

    chosen = Settings(**settings)  # type: ignore[arg-type]
    configure_logs(chosen.log_level.upper())
    app = create_app(chosen, Place(number, lambda: say(WORK)))
    server = server_of(app, chosen, on_start=lambda: say(LISTENS))
    with suppress(KeyboardInterrupt):
        server.run(sockets=bound_beside(addresses))


if __name__ == "__main__":
    main()
