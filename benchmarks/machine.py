"""The line that every benchmark prints first: command, machine and date."""

import datetime
import os
import platform
import sys


def header() -> str:
    """Return the command, the processors, the versions and the day."""
    import numba
    import numpy

    day = datetime.datetime.now(datetime.UTC).date()
    versions = f"Python {platform.python_version()}, NumPy {numpy.__version__}, numba {numba.__version__}"
    command = " ".join(["python", *sys.argv])
    return f"{command}\n{os.cpu_count()} cores, {platform.system()} {platform.machine()}, {versions}, {day}"
