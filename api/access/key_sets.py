"""The issuer's public keys: read from a file or from its address, at the start and now and then, never per request."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from api.access.tokens import public_keys
from lifeline.errors import InvalidInput, LifelineError

if TYPE_CHECKING:
    from jwt import PyJWK

REFRESH_SECONDS = 600
"Providers announce a new key for days before they sign with it."

TIMEOUT_SECONDS = 5
MOST_BYTES = 262_144
DISCOVERY = "/.well-known/openid-configuration"


@dataclass(frozen=True)
class KeySource:
    """Where the public keys are: a JWKS file, or (blank) what the issuer's discovery document names."""

    issuer: str
    file: Path | None = None

    def read(self) -> dict[str, PyJWK]:
        """Return the keys by id. Blocks up to two fetches of TIMEOUT_SECONDS; call it off the event loop."""
        if self.file is not None:
            return public_keys(_json(self.file.read_bytes(), str(self.file)))
        discovery = _fetch(self.issuer.rstrip("/") + DISCOVERY)
        if discovery.get("issuer") != self.issuer:
            raise InvalidInput(
                f"{self.issuer} calls itself otherwise in its discovery document; not trusted."
            )
        return public_keys(_fetch(str(discovery.get("jwks_uri", ""))))


class KeySet:
    """The keys in hand; a refresh that fails leaves them as they are and says why."""

    def __init__(self, source: KeySource) -> None:
        """Take where to read; nothing is read yet, so no token counts yet."""
        self.source = source
        self.keys: Mapping[str, PyJWK] = {}

    def refresh(self) -> str:
        """Read again and return "" or what went wrong; a provider that is down must not lock anybody out."""
        try:
            self.keys = self.source.read()
        except (LifelineError, OSError) as failure:
            return str(failure)
        return ""


def _fetch(address: str) -> Mapping[str, Any]:
    """Get a small JSON document over https, from that address and from nowhere it would send us."""
    import urllib.request

    if urlsplit(address).scheme != "https":
        raise InvalidInput(
            f"{address[:200]!r} is no https address; public keys come over https or from a file."
        )

    class NoRedirect(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_: object, **__: object) -> None:
            return None

    request = urllib.request.Request(address, headers={"Accept": "application/json"})  # noqa: S310 - https, checked
    with urllib.request.build_opener(NoRedirect).open(request, timeout=TIMEOUT_SECONDS) as answer:
        body: bytes = answer.read(MOST_BYTES + 1)
    if len(body) > MOST_BYTES:
        raise InvalidInput(f"What {address[:200]} sends is larger than {MOST_BYTES} bytes.")
    return _json(body, address)


def _json(body: bytes, where: str) -> Mapping[str, Any]:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        raise InvalidInput(f"{where}: this is not JSON.") from None
    if not isinstance(document, Mapping):
        raise InvalidInput(f"{where}: this is no JSON object.")
    return document
