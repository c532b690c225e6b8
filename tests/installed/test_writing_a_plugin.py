"""docs/writing-a-plugin.md is true: its blocks run, in order, in an empty folder."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from .conftest import MakeEnvironment

pytestmark = pytest.mark.slow

PAGE = (Path(__file__).parents[2] / "docs" / "writing-a-plugin.md").read_text(encoding="utf-8")
BLOCKS = [(match[1], match[2]) for match in re.finditer(r"^```(\w+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)]


def test_every_block_runs(make_environment: MakeEnvironment, tmp_path: Path) -> None:
    environment, said = make_environment("reader"), ""
    for language, text in BLOCKS:
        file = re.match(r"# (\S+\.py)\n", text)
        if file:
            assert (tmp_path / file[1]).is_file(), f"new-plugin writes no {file[1]}"
            (tmp_path / file[1]).write_text(text, encoding="utf-8")
        elif language == "python":
            (tmp_path / "cell.py").write_text(text, encoding="utf-8")
            said += environment.run("python", "cell.py", cwd=tmp_path).stdout
        elif language == "bash":
            said += environment.run("bash", "-euo", "pipefail", "-c", text, cwd=tmp_path).stdout
    assert "plain_mean: NOT ok" in said
    assert "kpool_bayes-0.1.0-py3-none-any.whl" in said
    assert re.search(r"^\d+ passed in ", said, re.MULTILINE)


def test_only_what_is_shown_is_not_run() -> None:
    languages = [language for language, _ in BLOCKS]
    assert PAGE.count("```") == 2 * len(BLOCKS)
    assert set(languages) == {"bash", "python", "text"}
    assert languages.count("text") == 1
