"""Who is asking: one person, crew or system, of one tenant, with roles and the limits of what it may see."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from api.access.rights import Right, Role, rights_of
from lifeline.errors import InvalidInput

MOST_CREW_HOURS = 24
"A crew's phone gets lost; what it holds ends by the next day by itself."

LOCAL_TENANT = "local"

_TENANT = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")


@dataclass(frozen=True)
class Caller:
    """One who asks. `sectors` and `owners` limit what it sees; None is no limit, an empty set is nothing at all.

    `id` says how it was known (`key:…`, `oidc:…`, `local`) and is what logs and the audit name; `expires_at` is UTC.
    """

    tenant: str
    id: str
    name: str
    roles: frozenset[str]
    sectors: frozenset[str] | None = None
    owners: frozenset[str] | None = None
    crew: str | None = None
    expires_at: datetime | None = None

    def __post_init__(self) -> None:
        """Refuse a tenant that is no name, a clock without an offset, and a crew's token that could do more."""
        if not _TENANT.fullmatch(self.tenant):
            raise InvalidInput(
                f"The tenant {self.tenant[:80]!r} is not a name: write up to 63 small letters, digits and hyphens, "
                "beginning with a letter or digit."
            )
        if self.expires_at is not None and self.expires_at.tzinfo is None:
            raise InvalidInput(f"Caller {self.id!r}: expires_at has no offset from UTC.")
        if (self.crew is not None) != (Role.CREW in self.roles) or self.crew == "":
            raise InvalidInput(
                f"{self.name!r}: the role crew goes with the name of one crew, and a crew's name with that role."
            )
        if self.crew is not None and len(self.roles) > 1:
            raise InvalidInput(f"{self.name!r} speaks for crew {self.crew!r} and can have no other role.")

    @property
    def is_limited(self) -> bool:
        """Tell whether there is anything in its tenant that this caller may not see."""
        return self.sectors is not None or self.owners is not None

    def speaks_for(self, crew: str) -> bool:
        """Tell whether this caller may read and report for that crew: any of its tenant, or its own alone."""
        return self.crew is None or crew == self.crew

    def may(self, *any_of: Right) -> bool:
        """Tell whether the caller has at least one of these rights; of none named, nobody has one."""
        return not rights_of(self.roles).isdisjoint(any_of)

    def has_expired(self, now: datetime) -> bool:
        """Tell whether its time is over."""
        return self.expires_at is not None and now >= self.expires_at


LOCAL_ADMIN = Caller(tenant=LOCAL_TENANT, id="local", name="local", roles=frozenset({Role.ADMIN}))
"Who asks on a machine where no key was ever made; the server then listens on 127.0.0.1 only."


def longest_for_a_crew(now: datetime) -> datetime:
    """Return the latest end of what is handed to a crew now."""
    return now.astimezone(UTC) + timedelta(hours=MOST_CREW_HOURS)
