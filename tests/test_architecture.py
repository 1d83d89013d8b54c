"""Imports run one way, and cheap things stay cheap to import."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
MAY_IMPORT = {
    "lifeline": {"lifeline"},
    "solvers": {"solvers", "lifeline"},
    "scenarios": {"scenarios", "lifeline"},
    "api": {"api", "scenarios", "solvers", "lifeline"},
}
HEAVY = ("numba", "ortools", "pulp", "matplotlib", "fastapi", "scipy", "networkx")


def imported_packages(path: Path) -> Iterator[str]:
    """Yield the top-level name of everything a file imports, at its top or inside a function."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.split(".")[0]


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_imports_run_one_way(package: str) -> None:
    """api -> scenarios, solvers -> lifeline; solvers and scenarios do not know each other."""
    files = sorted((ROOT / package).rglob("*.py"))
    assert files
    for path in files:
        ours = {name for name in imported_packages(path) if name in MAY_IMPORT}
        assert ours <= MAY_IMPORT[package], path.relative_to(ROOT)


def modules_after(statement: str) -> set[str]:
    code = f"{statement}\nimport sys\nprint(*sorted(name.split('.')[0] for name in sys.modules))"
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return set(run.stdout.split())


@pytest.mark.parametrize("package", ["lifeline", "solvers", "scenarios"])
def test_importing_a_package_loads_no_heavy_library(package: str) -> None:
    assert modules_after(f"import {package}").isdisjoint(HEAVY)


def test_help_loads_not_even_pandas() -> None:
    statement = (
        "import contextlib, io, sys\nsys.argv = ['lifeline', '--help']\nfrom api.command_line import main\n"
        "with contextlib.suppress(SystemExit), contextlib.redirect_stdout(io.StringIO()):\n    main()"
    )
    assert modules_after(statement).isdisjoint({*HEAVY, "pandas", "numpy"})


def test_nothing_prints_or_works_for_the_sake_of_the_domain_packages() -> None:
    for package in ("lifeline", "solvers", "scenarios"):
        for path in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                called = getattr(getattr(node, "func", None), "id", "")
                assert called not in {"print", "eval", "exec"}, path.relative_to(ROOT)
