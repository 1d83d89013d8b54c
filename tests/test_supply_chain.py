"""What the service is made of is pinned by hash and listed, and its wheel is the same to the byte whoever builds it."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
CONTAINER = (ROOT / "deploy" / "Containerfile").read_text(encoding="utf-8")
LOCKS = {
    "requirements.txt": PROJECT["project"]["dependencies"],
    "requirements-build.txt": PROJECT["build-system"]["requires"],
}


def lines_of(lock: str) -> list[str]:
    """Return the entries of a lock file, each with its hashes in one line."""
    text = re.sub(r"^\s*#.*\n", "", (ROOT / "deploy" / lock).read_text(encoding="utf-8"), flags=re.MULTILINE)
    return text.replace("\\\n", " ").splitlines()


def pins_of(lock: str) -> list[Requirement]:
    return [Requirement(line.split("--hash", 1)[0]) for line in lines_of(lock)]


def on_linux(python: str) -> dict[str, str]:
    return {
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
        "platform_machine": "x86_64",
        "platform_system": "Linux",
        "sys_platform": "linux",
        "python_version": python,
        "python_full_version": f"{python}.0",
    }


def versions_of(lock: str, python: str) -> dict[str, str]:
    """Return what a lock file installs on Linux, by name."""
    return {
        canonicalize_name(pin.name): next(iter(pin.specifier)).version
        for pin in pins_of(lock)
        if pin.marker is None or Marker(str(pin.marker)).evaluate(on_linux(python))
    }


@pytest.mark.parametrize("lock", LOCKS)
def test_every_file_that_is_fetched_is_known_by_its_hash(lock: str) -> None:
    lines = lines_of(lock)
    assert lines
    for line in lines:
        assert re.match(r"[a-z0-9-]+==[^\s;*]+ ", line), line
        assert re.search(r" --hash=sha256:[0-9a-f]{64}( |$)", line), line


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_file_names_no_address_and_no_index(lock: str) -> None:
    text = (ROOT / "deploy" / lock).read_text(encoding="utf-8")
    assert "://" not in text
    assert re.search(r"index|find-links|trusted-host", text) is None


@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13"])
@pytest.mark.parametrize("lock", LOCKS)
def test_what_we_ask_for_is_pinned_within_its_range(lock: str, python: str) -> None:
    pinned = versions_of(lock, python)
    for asked in map(Requirement, LOCKS[lock]):
        version = pinned.get(canonicalize_name(asked.name))
        assert version is not None, f"{asked} is not in {lock}; run deploy/lock."
        assert version in asked.specifier, f"{asked} is pinned to {version} in {lock}; run deploy/lock."


def test_what_is_pinned_is_not_older_than_its_floor() -> None:
    floors = tomllib.loads((ROOT / "tests" / "floors.toml").read_text(encoding="utf-8"))["packages"]
    pinned = versions_of("requirements.txt", "3.12")
    for name in floors.keys() & pinned.keys():
        assert pinned[name] in Requirement(f"{name}>={floors[name]}").specifier


def test_the_bill_of_materials_lists_what_the_container_installs_and_nothing_else() -> None:
    bill = json.loads((ROOT / "deploy" / "sbom.cdx.json").read_text(encoding="utf-8"))
    python = re.findall(r"^FROM .*python:(\d+\.\d+)-slim$", CONTAINER, re.MULTILINE)[-1]
    listed = {canonicalize_name(part["name"]): part["version"] for part in bill["components"]}
    assert bill["bomFormat"] == "CycloneDX"
    assert listed == versions_of("requirements.txt", python)
    assert bill["metadata"]["component"]["version"] == PROJECT["project"]["version"]


def test_the_bill_of_materials_says_what_we_need_ourselves() -> None:
    bill = json.loads((ROOT / "deploy" / "sbom.cdx.json").read_text(encoding="utf-8"))
    name_of = {part["bom-ref"]: canonicalize_name(part["name"]) for part in bill["components"]}
    needs = {entry["ref"]: entry.get("dependsOn", []) for entry in bill["dependencies"]}
    ours = {name_of[ref] for ref in needs[bill["metadata"]["component"]["bom-ref"]]}
    assert ours == {canonicalize_name(Requirement(asked).name) for asked in LOCKS["requirements.txt"]}


def test_the_container_installs_nothing_that_is_not_pinned() -> None:
    installs = re.findall(r"pip (?:install|wheel) [^&\n\\]*", CONTAINER)
    assert len(installs) == 4
    for install in installs:
        assert "--require-hashes -r deploy/requirements" in install or "--no-deps" in install


def test_the_wheel_is_the_same_to_the_byte_whoever_builds_it(tmp_path: Path) -> None:
    """Built here, and from a copy in another place, later, in another time zone and by a user who hides files."""
    if importlib.util.find_spec("hatchling") is None:
        pytest.skip("hatchling, which builds the wheel, is not installed (extra test)")
    copy = tmp_path / "elsewhere"
    copy.mkdir()
    for name in (
        *PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"],
        "pyproject.toml",
        "README.md",
    ):
        _copy(ROOT / name, copy / name)
    _copy(ROOT / "LICENSE", copy / "LICENSE")
    _copy(ROOT / ".gitignore", copy / ".gitignore")
    for path in copy.rglob("*"):
        os.utime(path, (1_600_000_000, 1_600_000_000))
    here = _wheel_of(ROOT, tmp_path / "here", TZ="UTC", PYTHONHASHSEED="1")
    there = _wheel_of(copy, tmp_path / "there", TZ="Asia/Shanghai", PYTHONHASHSEED="2")
    assert hashlib.sha256(here).hexdigest() == hashlib.sha256(there).hexdigest()


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copy(source, target)
    for path in [target, *target.rglob("*")]:
        path.chmod(path.stat().st_mode & ~0o077)


def _wheel_of(source: Path, folder: Path, **environment: str) -> bytes:
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    told = {**os.environ, **environment, "SOURCE_DATE_EPOCH": "1700000000"}
    subprocess.run(command, cwd=source, env=told, capture_output=True, check=True)
    (wheel,) = folder.glob("*.whl")
    return wheel.read_bytes()


# What a secret looks like wherever it comes from, and our own keys.
SECRETS = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----|\bAKIA[0-9A-Z]{16}\b|\bgh[pousr]_[A-Za-z0-9]{36}|\bxox[abpr]-[0-9A-Za-z-]{20}"
    r"|\bllk_[0-9a-f]{12}_[A-Za-z0-9_-]{43}|\beyJ[A-Za-z0-9_-]{20,}\.eyJ[A-Za-z0-9_-]{20,}\.[A-Za-z0-9_-]{20,}"
    r"|://[^/\s:@'\"{}]+:(?!secret@|password@|CANARY@)[^/\s:@'\"{}]+@"
)


def test_no_secret_is_kept_with_the_source() -> None:
    found = []
    for name in ("api", "lifeline", "solvers", "scenarios", "tests", "benchmarks", "deploy", "docs", ".ci"):
        for path in sorted((ROOT / name).rglob("*")):
            if path.is_file() and path.suffix not in {".pyc", ".png"}:
                text = path.read_text(encoding="utf-8", errors="replace")
                found += [f"{path.relative_to(ROOT)}: {secret[0][:40]}" for secret in SECRETS.finditer(text)]
    assert found == []


@pytest.mark.parametrize(
    "secret",
    [
        "-----BEGIN " + "EC PRIVATE KEY-----",
        "AKIA" + "ABCDEFGHIJ234567",
        "llk_" + "0123456789ab_" + "x" * 43,
        "postgresql://lifeline:" + "hunter2@db.example/lifeline",
    ],
)
def test_a_secret_would_be_seen(secret: str) -> None:
    assert SECRETS.search(f"key = {secret!r}")
