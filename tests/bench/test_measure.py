"""A benchmark at tiny size: every mode is timed, and nothing that is wrong."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

import kpool
from kpool import ops, registry
from kpool.bench.inputs import Input
from kpool.bench.measure import MODES, Bench
from kpool.bench.plot import draw
from kpool.bench.results import Results
from kpool.bench.suite import run, works
from kpool.bench.table import line, table

TINY = Input("tiny-tokens")


@pytest.fixture(scope="module")
def results() -> Results:
    said: list[Any] = []
    found = run(Bench(rounds=2, beside_peers=True), works(TINY, ["mean", "max"]), said.append)
    assert said == found.rows
    return found


def test_forward_and_gradients_are_timed_in_every_mode(results: Results) -> None:
    assert [(row.pooling, row.work) for row in results.rows] == [
        (name, work) for name in ("mean", "max") for work in ("forward", "gradients")
    ]
    for row in results.rows:
        assert tuple(row.modes) == (MODES if row.work == "forward" else MODES[:-1])
        assert row.limit_ms > 0
        for timing in row.modes.values():
            assert 0 < timing.quartiles[0] <= timing.ratio <= timing.quartiles[1]
            assert timing.first_calls_s > 0
            assert timing.ms > 0


def test_other_libraries_say_whether_they_answer_the_same(results: Results) -> None:
    """GlobalMaxPooling1D takes no mask."""
    agrees = {(row.pooling, name): peer.agrees for row in results.rows for name, peer in row.peers.items()}
    assert agrees["mean", "keras xla"]
    assert agrees["mean", "keras predict"]
    assert not agrees["max", "keras xla"]


def test_results_go_through_json(results: Results) -> None:
    assert Results.from_json(results.to_json()) == results
    assert results.versions["kpool"] == kpool.__version__


def test_a_table_and_a_picture_show_every_row(results: Results, tmp_path: Path) -> None:
    assert table(results).row_count == len(results.rows)
    assert re.fullmatch(r"mean, forward: eager [\d.]+, graph .*, predict [\d.]+ of the limit", line(results.rows[0]))
    draw(results, tmp_path / "speed.svg")
    assert "forward" in (tmp_path / "speed.svg").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("given", "region"), [("tiny-maps", "window(2)"), ("tiny-maps", "bins(2)"), ("tiny-packed", "")]
)
def test_regions(given: str, region: str) -> None:
    found = run(Bench(["xla"], rounds=1), works(Input(given), ["std"], region))
    assert [row.work for row in found.rows] == ["forward", "gradients"]


def test_a_weight_that_has_no_gradient() -> None:
    """Where it does not draw, gaussian does not use its W_s."""
    found = run(Bench(["xla"], rounds=1), works(TINY, ["gaussian"]))
    assert [row.work for row in found.rows] == ["forward", "gradients"]


def test_the_whole_has_more_poolings_than_a_part() -> None:
    whole, parts = works(TINY), works(Input("tiny-packed"))
    assert {work.spec for work in parts} < {work.spec for work in whole}


def test_what_is_wrong_is_not_timed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry.default(), "_local", {})

    @kpool.strategy("wrong_when_compiled")
    class Wrong(kpool.Pooling):
        def pool(self, bags: Any) -> Any:
            return bags.sum(bags.elements) * (1.001 if ops.is_fused() else 1.0)

    said: list[Any] = []
    found = run(Bench(rounds=1), works(TINY, ["mean", "wrong_when_compiled", "max"]), said.append)
    assert [row.pooling for row in found.rows] == ["mean", "mean", "max", "max"]
    assert found.wrong == [str(row) for row in said if row not in found.rows]
    assert re.match(r"wrong_when_compiled, forward, xla: wrong by 0\.001 of the greatest", found.wrong[0])
    assert re.match(r"wrong_when_compiled, gradients, xla", found.wrong[1])


def test_a_unit_vector_has_gradients_to_time() -> None:
    """Those of its square are 0, but for rounding."""
    found = run(Bench(["xla"], rounds=1), works(TINY, ["netvlad(clusters=2)"]))
    assert [row.work for row in found.rows] == ["forward", "gradients"]


@pytest.mark.parametrize(
    ("spec", "region", "message"),
    [
        ("concat(mean, max)", "window(2)", r"write over=window\(2\) inside each of its parts"),
        ("mean", "windw(2)", "window"),
        ("meen", "", "mean"),
    ],
)
def test_mistakes_are_said_before_anything_takes_time(spec: str, region: str, message: str) -> None:
    with pytest.raises(kpool.KpoolError, match=message):
        run(Bench(rounds=1), works(TINY, ["mean", spec], region), lambda row: pytest.fail("timed"))


def test_a_mode_that_the_backend_has_not() -> None:
    with pytest.raises(kpool.KpoolError, match="tensorflow, runs in these modes: eager, graph, xla, predict"):
        run(Bench([]), works(TINY, ["mean"]))
