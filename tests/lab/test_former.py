"""A comparison that takes another's place says whose."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from kpool.lab.dataset import Dataset
from kpool.lab.files import write_json
from kpool.lab.former import replaced
from kpool.lab.results import HeadResult, Results
from kpool.lab.trial import Settings, Trial

NOW: dict[str, Any] = {"specs": ["a", "b"], "settings": Settings()}


@pytest.fixture
def results(tokens: Dataset, tmp_path: Path) -> Path:
    trial = Trial("a", 0, 100, 10, 0.5, 0.25, 9.0, 0.1, {})
    heads = tuple(HeadResult(spec, spec, (trial,)) for spec in ("a", "b"))
    write_json(tmp_path / "results.json", Results(tokens, Settings(), heads, {}, 1.0).to_json(None))
    return tmp_path / "results.json"


@pytest.mark.parametrize(
    ("change", "said"),
    [({}, ""), ({"settings": Settings(epochs=3)}, "tokens, 2 heads"), ({"specs": ["a"]}, "tokens, 2 heads")],
    ids=["the-same", "other-settings", "other-heads"],
)
def test_only_what_is_another_is_said(results: Path, tokens: Dataset, change: dict[str, Any], said: str) -> None:
    assert replaced(results, dataset=tokens, **NOW | change) == said


def test_other_data_of_the_same_name(results: Path, tokens: Dataset) -> None:
    assert replaced(results, dataset=replace(tokens, x=tokens.x + 1), **NOW) == "tokens, 2 heads"


@pytest.mark.parametrize(
    "content", ["", "[1]", "{}", '{"data": 1, "heads": []}'], ids=["empty", "list", "no-data", "other"]
)
def test_what_is_no_results_file_is_passed_over(results: Path, tokens: Dataset, content: str) -> None:
    results.write_text(content)
    assert replaced(results, dataset=tokens, **NOW) == ""
