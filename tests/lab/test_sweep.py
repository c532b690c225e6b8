"""A sweep is one comparison for each point, in a folder of its own, and a curve for each head."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from kpool.errors import KpoolError
from kpool.lab import sweep as lab
from kpool.lab.curves import numeric
from kpool.lab.dataset import Dataset
from kpool.lab.trial import Settings

SETTINGS = Settings(backbone="none", epochs=2, batch_size=4, measures=("auc",))
HEADS = ["mean | dense(classes)", "max | dense(classes)"]


def swept(points: list[lab.Point], out: Path) -> tuple[dict[str, Any], str]:
    shown = io.StringIO()
    return lab.sweep(HEADS, points, 2, out, Console(file=shown, width=120)), shown.getvalue()


@pytest.mark.slow
def test_a_comparison_for_each_size(tokens: Dataset, tmp_path: Path) -> None:
    found, shown = swept(lab.points([tokens], SETTINGS, [4, 12]), tmp_path)
    assert json.loads((tmp_path / "sweep.json").read_text()) == found
    assert (tmp_path / "sweep.png").read_bytes().startswith(b"\x89PNG")
    assert [point["settings"]["train"] for point in found["points"]] == [4, 12]
    for point in found["points"]:
        alone = json.loads((tmp_path / point["folder"] / "results.json").read_text())
        assert point == {"label": point["label"], "folder": point["folder"], **alone}
        first, second = (head["auc"] for head in point["heads"])
        assert "more_than_first" not in first
        assert second["more_than_first"]["mean"] == pytest.approx(second["mean"] - first["mean"])
        assert second["ci95"] >= 0
    assert "AUC, %: mean and 95 % confidence interval over seeds" in " ".join(shown.split())


def test_what_all_points_share_is_not_said(tokens: Dataset) -> None:
    other = replace(tokens, name="other(4)")
    said = {
        "sizes": lab.points([tokens], SETTINGS, [4, 12]),
        "data": lab.points([tokens, other], SETTINGS, [4]),
        "both": lab.points([tokens, other], SETTINGS, [4, 12]),
    }
    assert [p.label for p in said["sizes"]] == ["4 examples to learn from", "12 examples to learn from"]
    assert [p.folder for p in said["data"]] == ["tokens", "other-4"]
    assert said["both"][3].label == "other(4), 12 examples to learn from"
    assert {p.settings.train for p in said["data"]} == {4}


def test_two_points_do_not_share_a_folder(tokens: Dataset) -> None:
    with pytest.raises(KpoolError, match="a b is given twice, or is like another in all but signs"):
        lab.points([replace(tokens, name="a b"), replace(tokens, name="a-b")], SETTINGS, [None])


def test_every_point_is_checked_before_the_first_is_trained(tokens: Dataset, tmp_path: Path) -> None:
    with pytest.raises(KpoolError, match="--train 25: tokens has 24 examples to learn from"):
        swept(lab.points([tokens], SETTINGS, [4, 25]), tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (["needle(signal=1)", "needle(signal=16)"], ([1, 16], "needle(signal=…)")),
        (["5 examples", "50 examples"], ([5, 50], "examples")),
        (["a(x=0.5)", "a(x=2)"], ([0.5, 2], "a(x=…)")),
        (["a(1), 5 examples", "a(2), 50 examples"], ([], "")),
        (["digits", "needle"], ([], "")),
        (["digits", "needle(signal=1)"], ([], "")),
    ],
    ids=["argument", "size", "fraction", "two-numbers", "names", "other-shape"],
)
def test_a_curve_runs_over_the_only_number_that_differs(labels: list[str], expected: tuple[list[float], str]) -> None:
    assert numeric(labels) == expected
