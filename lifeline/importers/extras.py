"""Packages that only some files need: asked for when such a file comes, with the words to install them."""

from __future__ import annotations

import importlib
from typing import Any

from lifeline.errors import InvalidInput


def needs(module: str, extra: str, what_for: str) -> Any:
    """Return a module of an optional package; InvalidInput says which extra brings it when it is not there."""
    try:
        return importlib.import_module(module)
    except ImportError as trouble:
        missing = trouble.name or module
        raise InvalidInput(
            f"The package {missing!r} is needed {what_for}, and is not installed. "
            f"Install it with: pip install 'lifeline-recovery[{extra}]'"
        ) from trouble
