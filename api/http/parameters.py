"""What stands in the paths of several routes, and who may ask them."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Path

from api.access.caller import Caller
from api.access.rights import Right
from api.http.who import allowed

IncidentId = Annotated[str, Path(pattern=r"^[0-9a-f]{16}$", examples=["5f1d7a84c0ffee00"])]
PlanVersion = Annotated[int, Path(ge=1, lt=2**31, examples=[1])]
JobId = Annotated[str, Path(pattern=r"^[0-9a-f]{16}$", examples=["9f1d7a84c0ffee00"])]

Reader = Annotated[Caller, Depends(allowed(Right.read_incidents, limited=True))]
"Who reads incidents, be it only what is its own: the route filters by `sight_of`."

Overseer = Annotated[Caller, Depends(allowed(Right.read_incidents))]
"Who reads all of an incident."
