"""Who is asking, and whether they may: every route declares the right it needs, and what declares none is closed."""

from __future__ import annotations

from typing import Any

from fastapi import Request

from api.access.caller import Caller
from api.access.rights import Right
from api.access.sight import Sight
from api.http.door import door_of
from api.http.problems import Refusal


async def caller_of(request: Request) -> Caller:
    """Return who is asking; 401 where that is nobody. While no key exists it is the local admin."""
    caller = await door_of(request).caller_of(request)
    request.state.caller = caller
    request.app.state.rates.admit("tenant", caller.tenant)
    return caller


class Allowed:
    """A dependency that lets only those in who have one of `rights`, which can be read from the route.

    A caller limited to sectors or owners is let in only where the route says that it shows no more than `sight_of`.
    """

    def __init__(self, rights: tuple[Right, ...], *, limited: bool) -> None:
        """Take the rights of which one is needed."""
        self.rights, self.limited = rights, limited

    async def __call__(self, request: Request) -> Caller:
        """Return the caller, or refuse and write that down."""
        caller = await caller_of(request)
        needed = " or ".join(self.rights)
        if not caller.may(*self.rights):
            await door_of(request).denied(request, caller, needed)
            raise Refusal(403, "not-allowed", f"{caller.name!r} has not the right {needed}.")
        if caller.is_limited and not self.limited:
            await door_of(request).denied(request, caller, f"{needed}, without limits")
            raise Refusal(
                403, "not-allowed", f"{caller.name!r} sees some sectors or owners only; this concerns all."
            )
        return caller


def allowed(*rights: Right, limited: bool = False) -> Allowed:
    """Return the dependency of a route that needs one of these rights.

    `limited=True` lets callers of some sectors or owners in too: the route must then filter by `sight_of`.
    """
    return Allowed(rights, limited=limited)


async def sight_of(request: Request, caller: Caller, incident: Any) -> Sight | None:
    """Return what the caller sees of this incident (its row), for `api.access.seen`; None is everything."""
    return await door_of(request).sight(request, caller, incident)
