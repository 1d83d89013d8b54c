"""What docs/operations.md and deploy/ say is so."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from api.http.limits.bodies import BODY_CLASSES
from api.http.metrics import Metrics
from api.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
TEXT = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
UNIT = ROOT / "deploy" / "lifeline.service"
CONTAINER = (ROOT / "deploy" / "Containerfile").read_text(encoding="utf-8")


def test_every_setting_is_in_the_table_with_its_meaning() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \|[^|]*\| (.*) \|$", TEXT, re.MULTILINE))
    told = {
        name: (field.description or "").replace("|", "/") for name, field in Settings.model_fields.items()
    }
    assert {name: rows.get(name) for name in told} == told


def test_every_metric_that_is_named_is_there() -> None:
    metrics = Metrics().text().decode()
    watched = (ROOT / "api" / "http" / "app.py").read_text(encoding="utf-8")
    for name in re.findall(r"`lifeline_(\w+?)(?:\{[^`]*)?`", TEXT):
        assert f"lifeline_{name}" in metrics or f'"{name}"' in watched, name


def test_the_limits_of_bodies_are_those_of_the_service() -> None:
    most = [kind.most_bytes for kind in BODY_CLASSES]
    assert most == [64 * 1024, 16 * 1024, 64 * 1024**2, 1024**2]
    assert "64 KiB / 16 KiB / 64 MiB / 1 MiB" in TEXT


def test_the_container_runs_without_rights_and_is_watched() -> None:
    assert re.search(r"^USER 10001$", CONTAINER, re.MULTILINE)
    assert "HEALTHCHECK" in CONTAINER
    assert "-slim" in CONTAINER


@pytest.mark.parametrize(
    "line",
    [
        "NoNewPrivileges=yes",
        "ProtectSystem=strict",
        "StateDirectory=lifeline",
        "KillMode=mixed",
        "Restart=always",
    ],
)
def test_the_unit_is_hardened(line: str) -> None:
    assert line in UNIT.read_text(encoding="utf-8").splitlines()


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
def test_systemd_understands_the_unit(tmp_path: Path) -> None:
    unit = tmp_path / "lifeline.service"
    unit.write_text(
        UNIT.read_text(encoding="utf-8").replace("/opt/lifeline/bin/lifeline", "/bin/true"), encoding="utf-8"
    )
    run = subprocess.run(["systemd-analyze", "verify", unit], capture_output=True, text=True, check=False)
    assert (run.returncode, run.stderr) == (0, "")
