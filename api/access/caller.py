"""Who is asking."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from api.access.rights import RIGHTS_OF, Right

LOCAL_TENANT = "local"


@dataclass(frozen=True)
class Caller:
    """Somebody who was recognised: of which tenant, under which name, with which roles and limits.

    `sectors` and `owners` limit what is seen inside an incident, None where they do not; `crew` is the crew that a
    caller of role crew speaks for.
    """

    tenant: str
    id: str
    name: str
    roles: frozenset[str]
    sectors: frozenset[str] | None = None
    owners: frozenset[str] | None = None
    crew: str | None = None
    expires_at: datetime | None = None

    def may(self, right: Right) -> bool:
        """Tell whether any of the caller's roles has this right."""
        return any(right in RIGHTS_OF.get(role, frozenset()) for role in self.roles)


LOCAL_ADMIN = Caller(LOCAL_TENANT, "local", "local", frozenset({"admin"}))
"Who asks while no key exists; the service then listens on loopback only."
