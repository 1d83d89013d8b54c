"""The caller's side of the host (`child_host`), which has everything loaded and forks children in milliseconds.

Each calling process has its own host, started with its first child and ended with the process. Host and children
stay in the caller's process group. A host that is killed is replaced; one that cannot start or does not answer is
not.
"""

from __future__ import annotations

import atexit
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import IO

from solvers.child_start import environment, surroundings

ANSWER_SECONDS = 10.0
"How long a host may take to answer: a few milliseconds, but at first it has some hundred modules to load."

FAREWELL_SECONDS = 1.0
"How long a host is waited for that has nothing to tell any more."

HOST = "solvers.child_host"

BORN = b"born"
"What the host says of a child that it has forked."

MOST_PACKET_BYTES = 64

ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
"A host that is to fork has no threads."


class HostedChild:
    """A child that the host has been asked to fork."""

    def __init__(self, host: _Host) -> None:
        """Ask the host for it; OSError if the host is dead."""
        self.host = host
        self.voice, theirs = socket.socketpair()
        self.news, hosts = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.surroundings = surroundings()
        self.lock, self.is_wanted = threading.Lock(), True
        self.pidfd: int | None = None
        with theirs, hosts:
            try:
                socket.send_fds(host.line, [b"fork"], [theirs.fileno(), hosts.fileno()])
            except OSError:
                self.voice.close()
                self.news.close()
                raise
        self.mouth: IO[bytes] = self.voice.makefile("rb")

    def ask(self, request: bytes) -> None:
        """Send the request once the child is born; if it is not, hang up."""
        self._await_birth()
        with suppress(OSError):
            if self.pidfd is None:
                self.voice.shutdown(socket.SHUT_RDWR)
            self.voice.sendall(json.dumps(self.surroundings).encode() + b"\n" + request)

    def _await_birth(self) -> None:
        packet, ends = self._news(ANSWER_SECONDS, most_ends=1)
        with self.lock:
            if packet == BORN and self.is_wanted:
                self.pidfd, self.host.has_forked = ends[0], True
                return
            # Nobody else waits for a child that is not wanted: it finds the other end closed, and ends.
            for end in ends:
                os.close(end)
            if packet is None and self.is_wanted:
                self.host.is_deaf = True

    def status(self, seconds: float = ANSWER_SECONDS) -> int | None:
        """Ask the host how it ended, if there is still a host."""
        if self.pidfd is None:
            return None
        packet, _ = self._news(seconds)
        return int(packet) if packet else None

    def kill(self) -> None:
        """Kill it, and wait until the host has buried it; if it is not born yet, hang up."""
        with self.lock:
            self.is_wanted = False
        # With the voice ends the child's life, too, should it not have been born yet.
        for line in (self.voice,) if self.pidfd is not None else (self.voice, self.news):
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
        if self.pidfd is not None:
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(self.pidfd, signal.SIGKILL)
            _readable(self.pidfd, FAREWELL_SECONDS)
            self.status(FAREWELL_SECONDS)

    def close(self) -> None:
        """Close all ends."""
        self.mouth.close()
        self.voice.close()
        self.news.close()
        if self.pidfd is not None:
            os.close(self.pidfd)

    def _news(self, seconds: float, most_ends: int = 0) -> tuple[bytes | None, list[int]]:
        """Return the next packet of the host: none in time, or an empty one if the host is dead."""
        if not _readable(self.news.fileno(), seconds):
            return None, []
        try:
            packet, ends, _, _ = socket.recv_fds(self.news, MOST_PACKET_BYTES, most_ends)
        except OSError:
            return b"", []
        return packet, ends


def _readable(end: int, seconds: float) -> bool:
    news = select.poll()
    news.register(end, select.POLLIN)
    return bool(news.poll(1000 * seconds))


class _Fork:
    """A host forked from this process; what of `subprocess.Popen` it takes to look after it."""

    def __init__(self, line: socket.socket) -> None:
        self.returncode: int | None = None
        caller = os.getpid()
        self.pid = os.fork()
        if self.pid == 0:
            from solvers.child_host import be_host

            be_host(line, caller)

    def poll(self) -> int | None:
        if self.returncode is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            self.returncode = os.waitstatus_to_exitcode(status) if pid else None
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        if self.returncode is None:
            if timeout is not None and not _ends_within(self.pid, timeout):
                raise subprocess.TimeoutExpired("fork", timeout)
            self.returncode = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        return self.returncode

    def kill(self) -> None:
        if self.poll() is None:
            os.kill(self.pid, signal.SIGKILL)


def _ends_within(pid: int, seconds: float) -> bool:
    end = os.pidfd_open(pid)
    try:
        return _readable(end, seconds)
    finally:
        os.close(end)


def _anew(line: socket.socket) -> subprocess.Popen[bytes]:
    """Start a host that has everything to load."""
    return subprocess.Popen(  # noqa: S603 - this Python, and a module of ours
        [sys.executable, "-m", HOST, str(line.fileno()), str(os.getpid())],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        pass_fds=(line.fileno(),),
        env={**environment(), **ONE_THREAD},
    )


class _Host:
    """The caller's side of its host."""

    def __init__(self, start: Callable[[socket.socket], subprocess.Popen[bytes] | _Fork] = _anew) -> None:
        self.group = os.getpgrp()
        self.has_forked = self.is_deaf = False
        self.line, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self.process = start(theirs)

    @property
    def is_there(self) -> bool:
        """Return whether it may be asked, and its children would be in the caller's process group."""
        return self.process.poll() is None and not self.is_deaf and self.group == os.getpgrp()

    @property
    def is_hopeless(self) -> bool:
        """Return whether another would do no better."""
        return self.is_deaf or (self.process.poll() is not None and not self.has_forked)

    def end(self) -> None:
        """End it, and with it all children that are left."""
        self.line.close()
        if self.has_forked and not self.is_deaf:
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(FAREWELL_SECONDS)
        self.process.kill()
        self.process.wait()

    def disown(self) -> None:
        """Leave it to the process that this one was forked from."""
        self.line.close()
        # It is no child of this process, which must not wait for it.
        self.process.returncode = 0


@dataclass
class Keeper:
    """Knows the process's host, if it has one."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    host: _Host | None = None
    is_asked: bool = True
    is_at_hooks: bool = False

    def child(self) -> HostedChild | None:
        """Return a child of the host, which is started if need be; None if there is none to be had."""
        with self.lock:
            try:
                return HostedChild(self._usable()) if self.is_asked else None
            except OSError:
                return None

    def _usable(self) -> _Host:
        if self.host is not None and not self.host.is_there:
            self.is_asked = not self.host.is_hopeless
            self.end()
        if not self.is_asked:
            raise ConnectionError("There is no host that answers.")
        if self.host is None:
            self.host = _Host()
            self._hook()
        return self.host

    def fork_host(self) -> None:
        """Have the host at once, as a copy of this process."""
        with self.lock:
            if self.host is None:
                self.host = _Host(_Fork)
                self._hook()

    def _hook(self) -> None:
        if not self.is_at_hooks:
            atexit.register(self.end)
            os.register_at_fork(after_in_child=self.forget)
            self.is_at_hooks = True

    def end(self) -> None:
        """End the host."""
        host, self.host = self.host, None
        if host is not None:
            host.end()

    def forget(self) -> None:
        """In a process just forked, which has no host yet."""
        self.lock = threading.Lock()
        host, self.host, self.is_asked = self.host, None, True
        if host is not None:
            host.disown()


KEEPER = Keeper()


def hosted() -> HostedChild | None:
    """Return a child of this process's host, or None."""
    # Elsewhere there is no pidfd; and not every Linux allows of it.
    if sys.platform != "linux":
        return None
    return KEEPER.child()


def fork_host() -> None:
    """Have this process's host forked, for a process that has what a solve needs loaded, and one thread."""
    KEEPER.fork_host()


def end_host() -> None:
    """End this process's host now, for a process that will not come to an end as others do."""
    KEEPER.end()
