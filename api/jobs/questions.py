"""Answers a question inside a child, and tells apart what was asked wrongly from what went wrong."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any


def answer(argument: dict[str, Any], report: Callable[[Any], None]) -> dict[str, Any]:
    """Call `module:function` with its argument; a LifelineError becomes {"refused": …, "places": …}."""
    from api.http.problems import refusal_of
    from lifeline.errors import LifelineError, SolverFailure

    module, name = argument["function"].split(":")
    function = getattr(importlib.import_module(module), name)
    try:
        return {"value": function(argument["argument"], report)}
    except SolverFailure:
        raise
    except LifelineError as error:
        refusal = refusal_of(error)
        return {"refused": refusal.detail, "places": [place.model_dump() for place in refusal.places]}
