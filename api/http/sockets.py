"""Sockets by which several processes listen on one port: the kernel spreads new connections over them.

Each process has one of its own (SO_REUSEPORT, socket(7)), and gets its share by a hash of the caller's address and
port. One socket that all accept from gives the most to whoever wakes first: of 200 connections made at once two
processes got 149 and 51 by it, and 114 and 86 by sockets of their own (200 that came one by one: 119, 81; 112, 88).
"""

from __future__ import annotations

import socket
from collections.abc import Iterable, Sequence
from typing import Any

from lifeline.errors import InvalidInput

Address = tuple[int, Sequence[Any]]
"An address family, and an address as `socket.bind` takes it."


def bound_first(host: str, port: int) -> list[socket.socket]:
    """Return sockets bound to a port that nobody listens on, one for each address of the host; 0 takes a free port."""
    sockets: list[socket.socket] = []
    try:
        for family, address in _addresses(host, port):
            if port == 0 and sockets:
                address = (address[0], port_of(sockets), *address[2:])
            if address[1] != 0:
                # Others of this user may share a port that is shared: only who does not want to share is told.
                _bound(family, address, is_shared=False).close()
            sockets.append(_bound(family, address, is_shared=True))
    except OSError as trouble:
        for taken in sockets:
            taken.close()
        raise InvalidInput(
            f"Nobody can listen on {host}, port {port}: {trouble.strerror}. Stop who does, or take another --port."
        ) from None
    return sockets


def bound_beside(addresses: Iterable[Address]) -> list[socket.socket]:
    """Return sockets that share the addresses of a first process."""
    return [_bound(family, address, is_shared=True) for family, address in addresses]


def addresses_of(sockets: Iterable[socket.socket]) -> list[Address]:
    """Return where sockets are bound to."""
    return [(int(bound.family), bound.getsockname()) for bound in sockets]


def port_of(sockets: Sequence[socket.socket]) -> int:
    """Return the port of bound sockets."""
    port: int = sockets[0].getsockname()[1]
    return port


def _addresses(host: str, port: int) -> list[Address]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    return list(dict.fromkeys((int(family), address) for family, _, _, _, address in found))


def _bound(family: int, address: Sequence[Any], *, is_shared: bool) -> socket.socket:
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        if is_shared:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        listener.bind(tuple(address))
    except OSError:
        listener.close()
        raise
    return listener
