"""Fail when branch coverage of the core falls below what was promised: 95 % of each file's lines and branches."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

FLOOR = 95.0
CORE = (
    "lifeline/cascade.py",
    "lifeline/compiled.py",
    "lifeline/evaluation.py",
    "lifeline/growth_kernels.py",
    "lifeline/kernels.py",
    "lifeline/plan.py",
    "lifeline/plan_check.py",
    "lifeline/schedule.py",
    "lifeline/tables.py",
    "lifeline/values.py",
    "lifeline/checks.py",
)


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "coverage.json"
        subprocess.run([sys.executable, "-m", "coverage", "json", "-q", "-o", str(report)], check=True)
        files = json.loads(report.read_text(encoding="utf-8"))["files"]
    low = 0
    for name in CORE:
        covered = files.get(name, {}).get("summary", {}).get("percent_covered", 0.0)
        print(f"{covered:6.1f} %  {name}" + ("" if covered >= FLOOR else f"   below {FLOOR:g} %"))
        low += covered < FLOOR
    return 1 if low else 0


if __name__ == "__main__":
    sys.exit(main())
