"""Hostile files: how soon each is refused, or rightly read, and what memory that takes, one child process each.

python benchmarks/hostile.py [--only WORD]
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from machine import header

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from hostile_cases import CASES  # noqa: E402
from hostile_files import SYSTEM, Hostile  # noqa: E402

MOST_SECONDS, MOST_MEGABYTES = 2.0, 64.0
MEGABYTE = 2**20
PATIENCE_SECONDS = 300


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--only", default="", help="a word in the name of the case or reader")
    arguments.add_argument("--child", nargs=2, metavar=("READER", "PATH"), help=argparse.SUPPRESS)
    chosen = arguments.parse_args()
    if chosen.child:
        read_as_child(*chosen.child)
        return
    print(header(), "\n")
    print("| file | reader | MB | answer | s | processor s | MB over its size | missed |")
    print("| --- | --- | ---: | --- | ---: | ---: | ---: | --- |")
    for case in CASES:
        if chosen.only in f"{case.what} {case.reader}":
            with tempfile.TemporaryDirectory() as folder:
                print(row_of(case, Path(folder) / case.name), flush=True)


def row_of(case: Hostile, path: Path) -> str:
    """Measure one case and return its line of the table."""
    case.write(path, 1.0)
    size = path.stat().st_size / MEGABYTE
    command = [sys.executable, __file__, "--child", case.reader, str(path)]
    try:
        run = subprocess.run(
            command, capture_output=True, text=True, cwd=ROOT, timeout=PATIENCE_SECONDS, check=True
        )
        found = json.loads(run.stdout)
    except (subprocess.TimeoutExpired, subprocess.CalledProcessError) as trouble:
        return f"| {case.what} | {case.reader} | {size:.1f} | {type(trouble).__name__} | – | – | – | all |"
    right = case.says in found["said"] if case.says else found["said"].startswith("read: ")
    over = found["megabytes"] - size
    missed = [
        *([] if right else ["wrong answer"]),
        *(["seconds"] if found["processor_seconds"] > MOST_SECONDS else []),
        *(["memory"] if over > MOST_MEGABYTES else []),
    ]
    answer = found["said"] if not case.says else "refused" if right else found["said"][:80]
    verdict = "**" + ", ".join(missed) + "**" if missed else ""
    measured = f"{found['seconds']:.2f} | {found['processor_seconds']:.2f} | {max(over, 0):.0f}"
    return f"| {case.what} | {case.reader} | {size:.1f} | {answer} | {measured} | {verdict} |"


def read_as_child(reader: str, path: str) -> None:
    """Read one file, with everything loaded beforehand, and print what was said, the seconds and the memory.

    The target is for a machine of one's own: of a shared one the processor's seconds are the fairer measure.
    """
    from lifeline.errors import InvalidInput
    from lifeline.files import read_system
    from lifeline.importers import IMPORTERS

    read = read_system if reader == SYSTEM else IMPORTERS[reader].load()
    load_packages()
    before = memory("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # forget the peak so far
    began, worked = time.perf_counter(), time.process_time()
    try:
        answer = read(path)
        system = answer if reader == SYSTEM else answer.system
        said = f"read: {len(system.nodes):,} nodes, {len(system.links):,} links"
    except InvalidInput as refusal:
        said = str(refusal)
    seconds, processor_seconds = time.perf_counter() - began, time.process_time() - worked
    peak = memory("VmHWM")
    found = {
        "seconds": seconds,
        "processor_seconds": processor_seconds,
        "megabytes": (peak - before) / MEGABYTE,
    }
    print(json.dumps({"said": said[:20_000], **found}))


def load_packages() -> None:
    """Import what reading imports, so that it is not counted."""
    import importlib
    import warnings

    warnings.simplefilter("ignore")
    for name in (
        "pandas",
        "scipy.spatial",
        "scipy.sparse.csgraph",
        "pyogrio",
        "shapely",
        "pyproj",
        "osmium",
        "osmium.osm",
    ):
        try:
            importlib.import_module(name)
        except ImportError:
            continue
    from lifeline.system import System

    System.from_tables({"nodes": [{"id": "a", "sector": "gas", "longitude": 0, "latitude": 0}]})


def memory(name: str) -> int:
    """Return a line of this process's status in bytes."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{name}:"))


if __name__ == "__main__":
    main()
