"""Packages that only some files need: asked for when such a file comes, with the words to install them."""

from __future__ import annotations

import importlib
import importlib.util
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
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


@contextmanager
def quietly(package: str) -> Iterator[None]:
    """Keep the warnings and log lines of an optional package from the user, to whom they mean nothing."""
    logger = logging.getLogger(package)
    handler, propagate = logging.NullHandler(), logger.propagate
    logger.addHandler(handler)
    logger.propagate = False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.propagate = propagate
        logger.removeHandler(handler)


def file_of(package: str, extra: str, *parts: str, what_for: str) -> Path:
    """Return a data file that comes with an optional package, which is not imported for it.

    InvalidInput says which extra brings the package when it is not there, or lacks the file.
    """
    spec = importlib.util.find_spec(package)
    places = spec.submodule_search_locations if spec is not None else None
    for place in places or ():
        path = Path(place).joinpath(*parts)
        if path.is_file():
            return path
    missing = (
        f"The file {'/'.join(parts)!r} of the package {package!r} is"
        if places
        else f"The package {package!r} is"
    )
    raise InvalidInput(
        f"{missing} needed {what_for}, and is not installed. Install it with: pip install 'lifeline-recovery[{extra}]'"
    )
