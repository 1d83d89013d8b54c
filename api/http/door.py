"""The door of a running service: whom it knows, what it writes down about those it does not let in."""

from __future__ import annotations

import asyncio
import ipaddress
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from fastapi import Request

from api.access.attempts import Attempts
from api.access.audit import Action, Entry
from api.access.caller import LOCAL_ADMIN, Caller
from api.access.keys import KeyRing
from api.access.sight import Sight
from api.http.limits.addresses import Network, client_address, networks_of, share_of
from api.http.problems import Refusal

if TYPE_CHECKING:
    from api.access.audit_table import AuditLog
    from api.access.key_sets import KeySet
    from api.access.tokens import TokenRules
    from api.settings import Settings
    from api.store.database import Database

CHALLENGE = {"WWW-Authenticate": 'Bearer realm="lifeline"'}
MOST_SIGHTS = 64
"Sights kept in memory; one of 100,000 components takes some 10 MB."

PROXY_HEADERS = ("forwarded", "x-forwarded-for", "x-real-ip", "via")


@dataclass
class Door:
    """What the service needs to know who is asking; `open_door` makes it, `door_of` finds it."""

    ring: KeyRing
    audit: AuditLog
    rules: TokenRules | None = None
    key_set: KeySet | None = None
    proxies: tuple[Network, ...] = ()
    attempts: Attempts = field(default_factory=lambda: Attempts(time.monotonic))
    denials: Attempts = field(default_factory=lambda: Attempts(time.monotonic))
    sights: OrderedDict[str, Sight] = field(default_factory=OrderedDict)

    async def caller_of(self, request: Request) -> Caller:
        """Return who is asking, by its key or token; whoever is nobody is refused with 401."""
        await self._reread()
        shown = _credential(request)
        if shown is None:
            if self.rules is None and not self.ring.ever_any() and _is_local(request):
                return LOCAL_ADMIN
            raise Refusal(
                401,
                "unknown-caller",
                "This needs an API key or a token: send it as 'Authorization: Bearer …' or 'X-API-Key: …'; "
                "`lifeline keys create` makes one.",
                headers=CHALLENGE,
            )
        caller, why = self._known(shown)
        if caller is None:
            await self._refuse(request, why)
            raise AssertionError("unreachable")
        return caller

    def _known(self, shown: str) -> tuple[Caller | None, str]:
        from api.access.tokens import BadToken, caller_of_token

        caller = self.ring.caller_of(shown)
        if caller is not None:
            return caller, ""
        if self.rules is None or self.key_set is None or shown.count(".") != 2:
            return None, "This key is none, has run out or was taken back; ask an admin for a new one."
        try:
            return caller_of_token(shown, self.rules, self.key_set.keys, now=datetime.now(UTC)), ""
        except BadToken as bad:
            return None, str(bad)

    async def still_valid(self, caller: Caller) -> bool:
        """Tell whether a caller may go on, as far as was known REREAD_SECONDS ago."""
        await self._reread()
        if caller == LOCAL_ADMIN:
            return not self.ring.ever_any()
        return self.ring.still_valid(caller)

    async def denied(self, request: Request, caller: Caller, needed: str) -> None:
        """Write down that a caller asked for what it may not; the first twenty times a minute."""
        if self.denials.failed(f"{caller.tenant} {caller.id}").retry_after_seconds:
            return
        details = {"needed": needed, "method": request.method}
        await self.audit.write(Entry(caller.tenant, caller.id, Action.DENIED, request.url.path, details))

    async def _refuse(self, request: Request, why: str) -> None:
        """Refuse a wrong key or token with 401, written down; after twenty a minute from one address with 429."""
        address = client_address(request.scope, self.proxies)
        failure = self.attempts.failed(share_of(address))
        if not failure.retry_after_seconds or failure.first_refused:
            details = {"why": why, **({"from_now_on": "counted only"} if failure.first_refused else {})}
            await self.audit.write(
                Entry("-", f"address {address}", Action.LOGIN_FAILED, request.url.path, details)
            )
        if failure.retry_after_seconds:
            raise Refusal(
                429,
                "quota",
                "Too many wrong keys from here; a right one is let in at once.",
                headers={"Retry-After": str(failure.retry_after_seconds)},
            )
        challenge = {"WWW-Authenticate": CHALLENGE["WWW-Authenticate"] + ', error="invalid_token"'}
        raise Refusal(401, "unknown-caller", why, headers=challenge)

    async def _reread(self) -> None:
        """Read the keys in a thread when it is time, so that nobody else waits for the database meanwhile."""
        if self.ring.is_stale:
            await asyncio.to_thread(self.ring.ever_any)

    async def sight(self, request: Request, caller: Caller, incident: Any) -> Sight | None:
        """Return what the caller sees of this incident (its row); None is everything."""
        if not caller.is_limited:
            return None
        from api.access.sight import limits_of
        from api.http.service import service_of
        from api.store.systems import find

        service, limits = service_of(request), limits_of(caller)
        known = f"{incident.id} {incident.revision} {limits}"
        if known not in self.sights:
            system = await service.database.read(
                lambda connection: find(connection, caller.tenant, incident.system, incident.system_version)
            )
            if system is None:
                raise LookupError(incident.system)
            file = await service.spooled(system.sha256)
            argument = {"file": str(file), "tables": incident.tables, **limits}
            self.sights[known] = Sight.from_json(
                await service.ask("api.access.sight:sight_in_child", argument)
            )
        self.sights.move_to_end(known)
        while len(self.sights) > MOST_SIGHTS:
            self.sights.popitem(last=False)
        return self.sights[known]


def open_door(settings: Settings, database: Database, *, looks_back: bool = True) -> Door:
    """Return the door that these settings ask for; reads the identity provider's keys, if there is one.

    Unless another process of the service is writing the audit already, it `looks_back` at how that ended.
    """
    from api.access.audit_table import AuditLog
    from api.access.key_sets import KeySet, KeySource
    from api.access.key_table import keys_kept

    audit = AuditLog(database, settings.anchor)
    if looks_back:
        audit.start()
    ring = KeyRing(lambda: database.read_now(keys_kept), monotonic=time.monotonic)
    rules = token_rules(settings)
    proxies = networks_of(settings.trusted_proxies)
    if rules is None:
        return Door(ring, audit, proxies=proxies)
    key_set = KeySet(KeySource(rules.issuer, settings.oidc_keys_file))
    _tell_of(key_set.refresh())
    return Door(ring, audit, rules, key_set, proxies)


async def keep_refreshing(door: Door) -> None:
    """Read the identity provider's keys again and again, in a thread; run it as a task."""
    from api.access.key_sets import REFRESH_SECONDS

    while door.key_set is not None:
        # Until there are keys at all, nobody with a token comes in: look more often.
        await asyncio.sleep(REFRESH_SECONDS if door.key_set.keys else REFRESH_SECONDS / 20)
        _tell_of(await asyncio.to_thread(door.key_set.refresh))


def token_rules(settings: Settings) -> TokenRules | None:
    """Return the rules for tokens that the settings ask for; None without an identity provider."""
    if not settings.oidc_issuer:
        return None
    from api.access.rights import Role
    from api.access.tokens import TokenRules
    from lifeline.errors import InvalidInput

    names: Mapping[str, str] = settings.oidc_role_names
    unknown = sorted(set(names.values()) - set(Role))
    if unknown:
        raise InvalidInput(f"oidc_role_names: {unknown[0]!r} is no role; take one of {', '.join(Role)}.")
    return TokenRules(
        issuer=settings.oidc_issuer,
        audience=settings.oidc_audience,
        roles_claim=settings.oidc_roles_claim,
        tenant_claim=settings.oidc_tenant_claim,
        tenant=settings.oidc_tenant,
        sectors_claim=settings.oidc_sectors_claim,
        owners_claim=settings.oidc_owners_claim,
        crew_claim=settings.oidc_crew_claim,
        role_names={group: Role(role) for group, role in names.items()} or None,
        second_factor=frozenset(settings.oidc_second_factor),
    )


def door_of(request: Request) -> Door:
    """Return the door of the service that answers this request."""
    door: Door = request.app.state.door
    return door


def _credential(request: Request) -> str | None:
    """Return the key or token of a request's headers, never of its URL, which logs and histories keep."""
    given = [value for name, value in request.headers.items() if name == "x-api-key"]
    for value in request.headers.getlist("authorization"):
        scheme, _, rest = value.partition(" ")
        given.append(rest.strip() if scheme.lower() == "bearer" else "")
    if len(set(given)) > 1:
        raise Refusal(
            401, "unknown-caller", "Two different keys or tokens were sent; send one.", headers=CHALLENGE
        )
    return given[0] if given else None


def _is_local(request: Request) -> bool:
    """Tell whether a request was made on this machine, and not handed on by a proxy on it."""
    if any(name in request.headers for name in PROXY_HEADERS):
        return False
    try:
        return ipaddress.ip_address(client_address(request.scope)).is_loopback
    except ValueError:  # a socket in the file system has no address
        return True


def _tell_of(trouble: str) -> None:
    import logging

    if trouble:
        logging.getLogger("lifeline.door").warning("the identity provider's keys: %s", trouble)
