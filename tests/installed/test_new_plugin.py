"""`kpool new-plugin` writes a plugin that installs, is found, keeps every law and can be published, with no edit."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from .conftest import MakeEnvironment

pytestmark = pytest.mark.slow


def test_it_needs_no_edit(make_environment: MakeEnvironment, tmp_path: Path) -> None:
    environment, strict = make_environment("author"), {"KPOOL_STRICT_PLUGINS": "1"}
    shown = environment.run("kpool", "new-plugin", "soft-rank", cwd=tmp_path).stdout
    assert "kpool doctor soft_rank" in shown
    folder = tmp_path / "kpool-soft-rank"
    environment.install("-e", f"{folder}[test]")
    records = {record["id"]: record for record in json.loads(environment.run("kpool", "plugins", "--json").stdout)}
    mine = records["soft_rank"]
    assert (mine["state"], mine["distribution"], mine["components"]) == ("ok", "kpool-soft-rank", ["soft_rank"])
    findings = json.loads(environment.run("kpool", "doctor", "soft_rank", "--json", **strict).stdout)
    assert {finding["status"] for finding in findings} == {"passed"}
    tested = environment.run("python", "-m", "pytest", "-q", cwd=folder, **strict)
    assert "5 passed" in tested.stdout
    environment.run("python", "-m", "pip", "wheel", "--quiet", "--wheel-dir", str(tmp_path), str(folder))
    assert (tmp_path / "kpool_soft_rank-0.1.0-py3-none-any.whl").is_file()
