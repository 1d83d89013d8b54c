"""Whose address a request counts against: the peer's, or the one a configured proxy tells of."""

from __future__ import annotations

import functools
import ipaddress
from collections.abc import Iterable, Sequence

from api.http.asgi import Scope
from lifeline.errors import InvalidInput

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def networks_of(names: Iterable[str]) -> tuple[Network, ...]:
    """Return addresses and networks (10.0.0.0/8) out of the settings; a name that is none is told of."""
    try:
        return tuple(ipaddress.ip_network(name, strict=False) for name in names)
    except ValueError as trouble:
        raise InvalidInput(
            f"trusted_proxies: {trouble}; give addresses or networks, as 10.0.0.0/8."
        ) from None


def client_address(scope: Scope, trusted_proxies: Sequence[Network] = ()) -> str:
    """Return the address of the client.

    X-Forwarded-For is believed only where the peer is a trusted proxy, and only as far back as trusted proxies
    wrote it: the right-most address that is none of them. What stands left of it, anybody can invent.
    """
    peer = (scope.get("client") or ("local", 0))[0]
    if not _is_one_of(peer, trusted_proxies):
        return str(peer)
    told = b",".join(value for key, value in scope["headers"] if key == b"x-forwarded-for")
    for name in reversed(told.decode("latin-1").split(",")):
        if _address(name.strip()) is None:
            break
        peer = name.strip()
        if not _is_one_of(peer, trusted_proxies):
            break
    return str(peer)


def share_of(address: str) -> str:
    """Return what is counted as one sender: an IPv4 address, or the 64 bits of IPv6 that one household gets."""
    known = _address(address)
    if known is None or known.version == 4:
        return str(known or address)
    if known.ipv4_mapped is not None:
        return str(known.ipv4_mapped)
    return str(ipaddress.IPv6Network((int(known) >> 64 << 64, 64)))


def _is_one_of(name: str, networks: Sequence[Network]) -> bool:
    address = _address(name) if networks else None
    return address is not None and any(address in network for network in networks)


@functools.lru_cache(maxsize=4096)
def _address(name: str) -> Address | None:
    try:
        return ipaddress.ip_address(name)
    except ValueError:
        return None
