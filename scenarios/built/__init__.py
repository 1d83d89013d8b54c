"""Scenarios that are put together out of networks that come with other packages: one file each, and one line here.

Their data are not ours to keep, so they are read where the packages are installed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lifeline.system import System


def _schutterwald(recipe: Mapping[str, Any]) -> System:
    from scenarios.built.schutterwald import build

    return build(recipe)


BUILDERS: dict[str, Callable[[Mapping[str, Any]], System]] = {"schutterwald": _schutterwald}
"By the name of the scenario's folder; each takes the `[recipe]` of its scenario.toml."

__all__ = ["BUILDERS"]
