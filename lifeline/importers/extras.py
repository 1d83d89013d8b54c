"""Packages that only some files need: asked for when such a file comes, with the words to install them."""

from __future__ import annotations

import importlib
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
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
