"""Who is asking, and whether they may: every route declares the right it needs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import Depends, Request

from api.access.caller import LOCAL_ADMIN, Caller
from api.access.rights import Right
from api.http.problems import Refusal


def caller_of(request: Request) -> Caller:
    """Return who is asking; while no key exists that is the local admin."""
    return LOCAL_ADMIN


class Allowed:
    """A dependency that lets only those in who have the right; `right` can be read from the route."""

    def __init__(self, right: Right) -> None:
        """Take the right that is needed."""
        self.right = right

    def __call__(self, caller: Annotated[Caller, Depends(caller_of)]) -> Caller:
        """Return the caller, or refuse."""
        if not caller.may(self.right):
            raise Refusal(403, "not-allowed", f"{caller.name!r} has not the right {self.right.value!r}.")
        return caller


def allowed(right: Right) -> Callable[..., Caller]:
    """Return the dependency of a route that needs this right."""
    return Allowed(right)
