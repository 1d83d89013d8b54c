"""Where the tests find real data: the folder `LIFELINE_DATA`, or `../shared/data` beside the checkout."""

import os
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parent.parent


def data_folder() -> Path:
    """Return the folder of real data; it need not exist."""
    return Path(os.environ.get("LIFELINE_DATA") or CHECKOUT.parent / "shared" / "data")


def shelby() -> Path:
    """Return the folder of the Shelby County networks; the test is skipped, saying so, where it is absent."""
    folder = data_folder() / "shelby"
    if not folder.is_dir():
        pytest.skip(f"no Shelby County data at {folder}; set LIFELINE_DATA to the folder that holds shelby/")
    return folder
