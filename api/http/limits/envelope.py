"""What stands on the outside of a request: Host, Origin, the path's names, the size of its headers."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from api.http.asgi import App, Receive, Scope, Send, answer, header
from api.http.problems import Refusal

MOST_TARGET_BYTES = 8 * 1024  # RFC 9110 4.1 asks for 8,000 at least
MOST_HEADER_BYTES = 16 * 1024
MOST_HEADERS = 100
# The names under which a service that is bound to the loopback is meant.
LOCAL_NAMES = ("localhost", "127.0.0.1", "[::1]")
# A probe asks the address of the machine, under whatever name; it learns one word.
ANY_HOST_MAY_ASK = frozenset({"/healthz", "/readyz"})

_CONTROL = re.compile(r"[\x00-\x1f\x7f\\]")
_NUL = re.compile(rb"%00")


class Envelope:
    """Refuses what is wrong before the body: so a web page that renames our address reaches nothing."""

    def __init__(self, app: App, hosts: Iterable[str] = LOCAL_NAMES) -> None:
        """Stand before `app`; `hosts` are the names without port it is reached by, `*` for any."""
        self.app, self.hosts = app, frozenset(name.lower() for name in hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through whose outside is in order."""
        if scope["type"] == "http":
            try:
                _check_sizes(scope)
                _check_path(scope)
                if "*" not in self.hosts and scope["path"] not in ANY_HOST_MAY_ASK:
                    self._check_names(scope)
            except Refusal as refusal:
                await answer(refusal, scope, receive, send)
                return
        await self.app(scope, receive, send)

    def _check_names(self, scope: Scope) -> None:
        names = [value.decode("latin-1").lower() for key, value in scope["headers"] if key == b"host"]
        if len(names) != 1 or _without_port(names[0]) not in self.hosts:
            raise Refusal(
                400,
                "unknown-host",
                "The Host header is none of this service's names; list it in the setting `allowed_hosts`.",
            )
        origin = header(scope, b"origin")
        if origin is not None and _origin_host(origin.decode("latin-1")) not in self.hosts:
            raise Refusal(
                403, "not-allowed", "Pages of other origins may not use this service from a browser."
            )


def _check_sizes(scope: Scope) -> None:
    if len(scope.get("raw_path") or b"") + len(scope.get("query_string", b"")) > MOST_TARGET_BYTES:
        raise Refusal(414, "too-large", f"An address has at most {MOST_TARGET_BYTES:,} bytes.")
    headers = scope["headers"]
    if (
        len(headers) > MOST_HEADERS
        or sum(len(key) + len(value) for key, value in headers) > MOST_HEADER_BYTES
    ):
        raise Refusal(
            431,
            "too-large",
            f"A request has at most {MOST_HEADERS} headers and {MOST_HEADER_BYTES:,} bytes of them.",
        )


def _check_path(scope: Scope) -> None:
    """Refuse names that mean something to a file system, a terminal or a database, and to nobody else."""
    path: str = scope["path"]
    if (
        _CONTROL.search(path)
        or any(part in (".", "..") for part in path.split("/"))
        or _NUL.search(scope.get("query_string", b""))
    ):
        raise Refusal(404, "not-found", "The address has control characters, backslashes or dots for a name.")


def _without_port(host: str) -> str:
    return re.sub(r":\d*$", "", host)


def _origin_host(origin: str) -> str:
    try:
        host = urlsplit(origin).hostname or ""
    except ValueError:
        return ""
    return f"[{host}]" if ":" in host else host
