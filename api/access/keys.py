"""API keys: made, shown once, kept as a hash, looked up by everybody who asks, and taken back within seconds."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from api.access.caller import MOST_CREW_HOURS, Caller, longest_for_a_crew
from api.access.rights import Role
from lifeline.errors import InvalidInput

PREFIX = "llk"
SECRET_BYTES = 32
"256 bits of chance, 43 characters: nobody guesses them, so a quick hash is as good as a slow one and costs no minutes."

REREAD_SECONDS = 2.0
"How old what is known of keys may be. A key taken back is refused within this and the time of one read."

SHOWN_KEY = re.compile(r"llk_([0-9a-f]{12})_([A-Za-z0-9_-]{43})")

_NO_HASH = "0" * 64


@dataclass(frozen=True)
class ApiKey:
    """What is kept of a key: who may do what with it until when, and the SHA-256 (hex) of its secret."""

    id: str
    secret_sha256: str
    caller: Caller
    created_at: datetime
    created_by: str
    revoked_at: datetime | None = None

    def __post_init__(self) -> None:
        """Refuse a crew's key that outlives the day."""
        latest = longest_for_a_crew(self.created_at)
        ends = self.caller.expires_at
        if self.caller.crew is not None and (ends is None or ends > latest):
            raise InvalidInput(
                f"The key {self.caller.name!r} is a crew's and must end within {MOST_CREW_HOURS} hours; "
                f"let it end by {latest:%Y-%m-%dT%H:%MZ}."
            )

    def is_live(self, now: datetime) -> bool:
        """Tell whether it was neither taken back nor has run out."""
        return self.revoked_at is None and not self.caller.has_expired(now)


def make_key(
    *,
    tenant: str,
    name: str,
    roles: Iterable[str],
    created_by: str,
    now: datetime,
    sectors: Iterable[str] | None = None,
    owners: Iterable[str] | None = None,
    crew: str | None = None,
    expires_at: datetime | None = None,
) -> tuple[ApiKey, str]:
    """Return a new key and the text to hand over, which exists nowhere else: `llk_<id>_<secret>`."""
    roles = frozenset(roles)
    unknown = sorted(roles - set(Role))
    if unknown:
        raise InvalidInput(f"{unknown[0]!r} is no role; give one of {', '.join(Role)}.")
    if not roles:
        raise InvalidInput(f"The key {name!r} has no role; give one of {', '.join(Role)}.")
    if expires_at is not None and expires_at <= now:
        raise InvalidInput(f"The key {name!r} would have ended at {expires_at:%Y-%m-%dT%H:%MZ} already.")
    key_id, secret = secrets.token_hex(6), secrets.token_urlsafe(SECRET_BYTES)
    caller = Caller(
        tenant=tenant,
        id=f"key:{key_id}",
        name=name,
        roles=roles,
        sectors=None if sectors is None else frozenset(sectors),
        owners=None if owners is None else frozenset(owners),
        crew=crew,
        expires_at=longest_for_a_crew(now) if crew is not None and expires_at is None else expires_at,
    )
    return ApiKey(key_id, hash_of(secret), caller, now, created_by), f"{PREFIX}_{key_id}_{secret}"


def hash_of(secret: str) -> str:
    """Return the SHA-256 of a secret in hex; see SECRET_BYTES for why no slow hash."""
    return hashlib.sha256(secret.encode("ascii")).hexdigest()


@dataclass(frozen=True)
class KeysKept:
    """What the store holds: the keys that live, and whether there ever was any."""

    live: tuple[ApiKey, ...]
    ever_any: bool


class KeyRing:
    """All live keys of the service, read again when older than `REREAD_SECONDS`.

    One read serves every request and every open stream of that while, and what was never a key costs no read at all.
    `read` returns what is in the store; when it fails, so does every question (nobody is let in on old knowledge).
    `monotonic` and `now` are the clocks. Safe to ask from several threads.
    """

    def __init__(
        self,
        read: Callable[[], KeysKept],
        *,
        monotonic: Callable[[], float],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Take where keys are read from, and the clocks."""
        self._read, self._monotonic, self._now = read, monotonic, now
        self._keys: dict[str, ApiKey] = {}
        self._ever_any = False
        self._read_at = float("-inf")
        self._one_reader = threading.Lock()

    def caller_of(self, shown: str) -> Caller | None:
        """Return who holds this key, or None if it is none, is wrong, was taken back or has run out."""
        parts = SHOWN_KEY.fullmatch(shown)
        key = self._live().get(parts[1]) if parts else None
        # An unknown id is compared too, so that the time of the answer does not tell ids from secrets.
        kept, given = key.secret_sha256 if key else _NO_HASH, hash_of(parts[2]) if parts else ""
        right = hmac.compare_digest(kept, given)
        return key.caller if key and right and key.is_live(self._now()) else None

    def still_valid(self, caller: Caller) -> bool:
        """Tell whether the caller may go on; an open stream asks this at least every other second."""
        if caller.has_expired(self._now()):
            return False
        if not caller.id.startswith("key:"):
            return True
        key = self._live().get(caller.id.removeprefix("key:"))
        return key is not None and key.caller == caller and key.is_live(self._now())

    @property
    def is_stale(self) -> bool:
        """Tell whether the next question reads; an event loop asks it in a thread then."""
        return self._monotonic() - self._read_at >= REREAD_SECONDS

    def ever_any(self) -> bool:
        """Tell whether there ever was a key. Keys taken back count: the last one's end must not open the door."""
        self._live()
        return self._ever_any

    def forget(self) -> None:
        """Read again at the next question: a key was made or taken back in this process."""
        with self._one_reader:
            self._read_at = float("-inf")

    def _live(self) -> dict[str, ApiKey]:
        if not self.is_stale:
            return self._keys
        with self._one_reader:
            started = self._monotonic()
            if started - self._read_at >= REREAD_SECONDS:
                kept = self._read()
                self._keys = {key.id: key for key in kept.live}
                self._ever_any = kept.ever_any
                self._read_at = started
            return self._keys
