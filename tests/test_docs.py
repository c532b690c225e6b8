"""The pages of docs/ that are written by scripts say what the code says now."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[1] / "docs"


@pytest.mark.slow
def test_page_of_checks_is_current() -> None:
    command = [sys.executable, str(DOCS / "checks.py"), "-"]
    written = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=True).stdout
    assert written == (DOCS / "checks.md").read_text(encoding="utf-8"), "run `python docs/checks.py`"
