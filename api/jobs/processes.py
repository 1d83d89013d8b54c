"""The processes behind `Children`, as the event loop sees them: the warm host, and children by it or without it."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Protocol

MOST_PACKET_BYTES = 1 << 16

HOST_DIED = -signal.SIGKILL
"How children end whose host dies: the kernel kills them."

HANDED_DOWN = ("PATH", "HOME", "LANG", "LANGUAGE", "TZ", "TMPDIR", "XDG_CACHE_HOME", "VIRTUAL_ENV")
HANDED_DOWN_PREFIXES = ("LC_", "NUMBA_")
"What children get of the environment: no address of a database, no key."

ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
"A host that is to fork has no threads; no array here is large enough to gain by them."


class Newborn(Protocol):
    """A child that has not been asked anything yet."""

    voice: socket.socket

    async def ended(self) -> int:
        """Wait until the child is dead and return its exit status, or minus the signal that killed it."""
        ...

    def kill(self) -> None:
        """Kill the child and all that it has started; nothing happens if nothing is left."""
        ...


@dataclass
class WarmChild:
    """A child that the host has forked."""

    host: WarmHost
    number: int
    pid: int
    voice: socket.socket
    death: asyncio.Future[int]

    async def ended(self) -> int:
        """Wait for what the host says of the child's end."""
        return await asyncio.shield(self.death)

    def kill(self) -> None:
        """Kill the group, and let the host bury the child: until then its number is nobody else's."""
        _kill_group(self.pid)
        self.host.forget(self.number)


@dataclass
class ColdChild:
    """A child that was started without the host."""

    process: subprocess.Popen[bytes]
    voice: socket.socket

    @classmethod
    def started(cls, niceness: int) -> ColdChild:
        """Start Python anew for one request."""
        ours, theirs = socket.socketpair()
        with theirs:
            return cls(_python("api.jobs.child", theirs, str(niceness)), ours)

    async def ended(self) -> int:
        """Wait for the process."""
        loop, pid = asyncio.get_running_loop(), self.process.pid
        found = await loop.run_in_executor(None, os.waitid, os.P_PID, pid, os.WEXITED | os.WNOWAIT)
        if found is None:
            return HOST_DIED
        return found.si_status if found.si_code == os.CLD_EXITED else -found.si_status

    def kill(self) -> None:
        """Kill the group while its leader's number is still taken, and wait for the leader."""
        _kill_group(self.process.pid)
        self.process.wait()


@dataclass
class WarmHost:
    """The process that forks, and what is known of its children."""

    process: subprocess.Popen[bytes]
    line: socket.socket
    on_ready: Callable[[], None]
    gone: asyncio.Event = field(default_factory=asyncio.Event)
    births: dict[int, asyncio.Future[int]] = field(default_factory=dict)
    deaths: dict[int, asyncio.Future[int]] = field(default_factory=dict)
    pids: dict[int, int] = field(default_factory=dict)
    last: int = 0

    @classmethod
    def started(cls, warming: str, on_ready: Callable[[], None]) -> WarmHost:
        """Start a host, which loads by calling `module:name` and says when it is ready."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            host = cls(_python("api.jobs.host", theirs, warming), ours, on_ready)
        ours.setblocking(False)
        asyncio.get_running_loop().add_reader(ours, host.listen)
        return host

    def say(self, **message: Any) -> None:
        """Ask the host for something; a host that is dead or deaf will be replaced."""
        with suppress(OSError):
            self.line.send(json.dumps(message).encode())

    async def fork(self, niceness: int, seconds: float) -> WarmChild:
        """Have a child forked; TimeoutError or ConnectionError if the host does not."""
        self.last += 1
        number, loop = self.last, asyncio.get_running_loop()
        self.births[number], self.deaths[number] = loop.create_future(), loop.create_future()
        ours, theirs = socket.socketpair()
        with theirs:
            packet = json.dumps({"run": number, "niceness": niceness}).encode()
            try:
                socket.send_fds(self.line, [packet], [theirs.fileno()])
                pid = await asyncio.wait_for(self.births[number], seconds)
            except BaseException:
                # Should it be forked after all, it finds nobody at the other end and ends.
                ours.close()
                self.forget(number)
                raise
        return WarmChild(self, number, pid, ours, self.deaths[number])

    def forget(self, number: int) -> None:
        """Let the host bury a child, now if it is dead, else as soon as it is."""
        self.births.pop(number, None)
        death = self.deaths.get(number)
        if death is None:
            return
        if death.done():
            self._bury(number)
        else:
            death.add_done_callback(lambda _: self._bury(number))

    def _bury(self, number: int) -> None:
        if self.deaths.pop(number, None) is not None:
            self.pids.pop(number, None)
            self.say(bury=number)

    def listen(self) -> None:
        """Take in what the host says, all that is there."""
        with suppress(BlockingIOError):
            while packet := self._packet():
                self._take(json.loads(packet))
            self._end()

    def _packet(self) -> bytes:
        try:
            return self.line.recv(MOST_PACKET_BYTES)
        except ConnectionError:
            return b""

    def _take(self, message: dict[str, Any]) -> None:
        if "ready" in message:
            self.on_ready()
        elif "started" in message:
            number, pid = message["started"], message["pid"]
            self.pids[number] = pid
            birth = self.births.get(number)
            if birth is not None and not birth.done():
                birth.set_result(pid)
        else:
            death = self.deaths.get(message["ended"])
            if death is not None and not death.done():
                death.set_result(message["status"])

    def _end(self) -> None:
        """Tell everybody who waits that the host is dead, and its children with it."""
        asyncio.get_running_loop().remove_reader(self.line)
        self.gone.set()
        for pid in self.pids.values():
            _kill_group(pid)
        for birth in self.births.values():
            if not birth.done():
                birth.set_exception(ConnectionError("The warm host is dead."))
        for death in self.deaths.values():
            if not death.done():
                death.set_result(HOST_DIED)

    def close(self) -> None:
        """End the host, which ends its children."""
        if not self.gone.is_set():
            self._end()
        self.line.close()
        _kill_group(self.process.pid)
        self.process.wait()


def _python(module: str, theirs: socket.socket, *arguments: str) -> subprocess.Popen[bytes]:
    """Start a module in a process group of its own, so that Ctrl-C in a terminal is the service's alone."""
    number = theirs.fileno()
    return subprocess.Popen(  # noqa: S603 - this Python, and a module of ours
        [sys.executable, "-m", module, str(number), *arguments],
        stdin=subprocess.DEVNULL,
        pass_fds=(number,),
        process_group=0,
        env=_environment(),
    )


def _environment() -> dict[str, str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if name in HANDED_DOWN or name.startswith(HANDED_DOWN_PREFIXES)
    }
    path = os.pathsep.join(entry or os.getcwd() for entry in sys.path)
    return {**kept, **ONE_THREAD, "PYTHONPATH": path}


def _kill_group(pid: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)
