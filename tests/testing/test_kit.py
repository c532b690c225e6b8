"""What the kit says of a layer, and of layers whose mistakes are known."""

from __future__ import annotations

import gc
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
import pytest
import tensorflow as tf
import wrong_layers
import wrong_poolings

import kpool
from kpool.errors import KpoolError
from kpool.testing import CHECKS, ConformanceError, ConformanceReport, check_strategies, check_strategy
from kpool.testing.check import check
from kpool.testing.naming import as_target
from kpool.testing.runner import selected

pytest_plugins = ["kpool.testing.pytest"]

FAST = ("config", "empty_row")


def failed(report: ConformanceReport) -> set[str]:
    return {row.id for row in report.failures}


@pytest.mark.parametrize(
    ("given", "name"),
    [
        pytest.param("mean", "mean", id="a name"),
        pytest.param("gem(p=2, over=window(2))", "gem(p=2, over=window(2))", id="a spec with a region"),
        pytest.param("mean | dense(2)", "mean | dense(2)", id="a spec of several parts"),
        pytest.param(type(kpool.pool("mean")), "mean", id="a class that a plugin gives"),
        pytest.param(kpool.pool("gem(p=2)"), "gem(p=2)", id="a layer that a plugin gives"),
        pytest.param(kpool.strategies()["mean"], "mean", id="a component"),
        pytest.param(wrong_poolings.Twin, "Twin", id="a strategy that no plugin gives"),
        pytest.param(keras.layers.GlobalAveragePooling2D(), "GlobalAveragePooling2D", id="a layer of another rank"),
    ],
)
def test_target_of_every_sort(given: Any, name: str) -> None:
    report = check_strategy(given, only=("config", "accepts_input"))
    assert report.target == name
    assert report.ok, report
    assert "accepts_input" in {row.check for row in report.rows if row.status == "passed"}


def test_target_that_is_none() -> None:
    with pytest.raises(KpoolError, match="a target is a name, a spec"):
        check_strategy(3)


def test_keras_average_fails_where_it_is_known_to_be_wrong() -> None:
    report = check_strategy(keras.layers.GlobalAveragePooling1D(), skip=("persistence", "deploy", "plugin"))
    half = {f"half_precision_masked[{case}]" for case in CHECKS["half_precision_masked"].cases}
    refused = {f"bad_mask_refused[{case}]" for case in ("additive", "soft", "NaN", "(B, 1)")}
    assert failed(report) == {"empty_row", "no_steps"} | half | refused


def test_keras_max_fails_the_mask_checks() -> None:
    report = check_strategy(keras.layers.GlobalMaxPooling1D, only="mask")
    wrong = {row.check for row in report.failures}
    assert wrong >= {"masked_values", "masked_gradients", "padding", "mask_dtypes", "implicit_mask", "bad_mask_refused"}


def test_report_forms() -> None:
    report = check_strategy(wrong_layers.ConfigForgets, only="config")
    as_json = json.loads(json.dumps(report.to_json()))
    assert as_json["ok"] is False
    assert [row["check"] for row in as_json["rows"] if row["status"] == "failed"] == ["arguments_kept"]
    assert sum(as_json["counts"].values()) == len(report.rows)
    assert "failed: arguments_kept: the config lacks scale" in str(report)
    table = [line for line in report.to_markdown().splitlines() if line.startswith("| ")]
    assert len(table) == 1 + len(report.rows)
    assert all(line.count(" | ") == 3 or line.endswith("| |") for line in table)


def test_on_fail_raise() -> None:
    with pytest.raises(ConformanceError, match="arguments_kept: the config lacks scale"):
        check_strategy(wrong_layers.ConfigForgets, only="config", on_fail="raise")
    assert check_strategy("mean", only="config", on_fail="raise").ok


@pytest.mark.parametrize(
    ("target", "status", "ok"),
    [
        pytest.param(wrong_layers.ConfigForgets, "expected_failure", True, id="fails as expected"),
        pytest.param(wrong_layers.Layer, "unexpected_pass", False, id="strict: it passes"),
    ],
)
def test_expected_failure(target: Any, status: str, ok: bool) -> None:
    report = check_strategy(target, only=FAST, expected_failures={"arguments_kept": "kept for old files"})
    row = next(row for row in report.rows if row.check == "arguments_kept")
    assert (row.status, report.ok) == (status, ok)
    assert "kept for old files" in row.message


def test_expected_failure_of_one_case() -> None:
    known = {"bad_mask_refused[soft]": "casts to bool", "bad_mask_refused[NaN]": "casts to bool"}
    report = check_strategy(wrong_layers.Layer, only="bad_mask_refused", expected_failures=known)
    assert report.counts["expected_failure"] == 2
    assert "bad_mask_refused[additive]" in failed(report)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        pytest.param({"expected_failures": {"empty_row": " "}}, "needs a reason", id="a reason is missing"),
        pytest.param({"expected_failures": {"empty_rows": "x"}}, "did you mean 'empty_row'", id="misspelt failure"),
        pytest.param({"only": "masks"}, "did you mean 'mask'", id="misspelt group"),
        pytest.param({"skip": ["emptyrow"]}, "did you mean 'empty_row'", id="misspelt check"),
        pytest.param({"level": "newest"}, "a level reads as '2026.11'", id="no level"),
    ],
)
def test_wrong_options_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(KpoolError, match=message):
        check_strategy("mean", **options)


def test_checks_newer_than_the_level_are_not_made(monkeypatch: pytest.MonkeyPatch) -> None:
    @check("Something that was found later.", level="2027.2")
    def later(target: Any) -> None:
        raise AssertionError("too early")

    monkeypatch.setattr("kpool.testing.runner.CHECKS", {**CHECKS, "later": later})
    assert later not in selected("2026.11")
    assert later not in selected("2027.1")
    assert later in selected("2027.2")
    assert later in selected("2027.11")


def test_every_check_says_what_it_guards() -> None:
    for one in CHECKS.values():
        assert one.guards.endswith("."), one.id
        assert one.level == "2026.11", "a new check needs a new level: the old one must not change"


def test_oracle_is_held_against_the_layer() -> None:
    report = check_strategy("std", only="oracle", oracle=lambda bag, layer: bag.std(axis=0))
    assert report.counts == {"passed": 1}
    assert check_strategy("std", only="oracle").counts == {"skipped": 1}


def test_weights_that_do_not_repeat_say_nothing_together() -> None:
    class Summed(wrong_poolings.Twin, name=""):
        weights_repeat = False

        def lift(self, x: kpool.ops.Tensor) -> kpool.reductions.Sum:
            return kpool.reductions.Sum(x)

    assert failed(check_strategy(Summed, only="weights_repeat")) == {"weights_repeat"}
    assert check_strategy("std(convention=pyannote)", only="weights_repeat").counts == {"passed": 1}


def test_windows_that_may_not_overlap_are_cut_too() -> None:
    assert check_strategy("aps", only="region_modes").counts["passed"] == 1


def test_targets_share_a_process(monkeypatch: pytest.MonkeyPatch) -> None:
    started = []
    run = subprocess.run
    monkeypatch.setattr(subprocess, "run", lambda *a, **k: started.append(a) or run(*a, **k))
    reports = check_strategies(["mean", "max"], only="keras_file")
    assert [report.counts for report in reports] == [{"passed": 1}] * 2
    assert len(started) == 1


def test_graphs_do_not_outlive_the_check_that_traced_them() -> None:
    """A region's gradients are told in its graphs, and TensorFlow keeps what tells a gradient."""

    def graphs() -> int:
        gc.collect()
        return sum(isinstance(each, tf.Graph) for each in gc.get_objects())

    check_strategy("gem", only="region_bags")
    before = graphs()
    assert check_strategy("gem", only=("region_bags", "modes_agree", "half_precision")).ok
    assert graphs() == before


def test_seed_changes_the_inputs() -> None:
    one, same, other = (as_target("mean", seed=seed).batch().x for seed in (0, 0, 1))
    assert (one == same).all()
    assert (one != other).any()


def test_works_without_pytest() -> None:
    code = """
import sys
from collections.abc import Iterator
from pathlib import Path
sys.modules["pytest"] = None
from kpool.testing import check_strategy
print(check_strategy("mean", only="config").ok)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "True"


def test_registry_fixture_finds_nothing(kpool_registry: kpool.Registry) -> None:
    assert kpool.plugins() == []

    @kpool.strategy("mine")
    class Mine(wrong_poolings.Twin, name=""):
        pass

    assert list(kpool.strategies()) == ["mine"] == list(kpool_registry.strategies())
    assert kpool.pool("mine").scale == 1.0


PLUGIN = """
from kpool import Component, hookimpl

@hookimpl
def kpool_strategies():
    return [Component("kit_halved", "kit_acme.layer:HalvedPooling", "Half the mean.")]
"""
LAYER = """
import kpool
from kpool.reductions import Mean

class HalvedPooling(kpool.Pooling, name="kit_halved"):
    def lift(self, x):
        return Mean(x)

    def lower(self, mean):
        return mean / 2
"""


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A plugin of a third party, as pip would leave it."""
    files = {
        "kit_acme/__init__.py": PLUGIN,
        "kit_acme/layer.py": LAYER,
        "kit_acme-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: kit-acme\nVersion: 1.0\n",
        "kit_acme-1.0.dist-info/entry_points.txt": "[kpool]\nkit-acme = kit_acme\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    with monkeypatch.context() as patch:
        patch.syspath_prepend(str(tmp_path))
        kpool.rescan()
        yield
    kpool.rescan()


@pytest.mark.usefixtures("installed")
def test_third_party_strategy_passes() -> None:
    report = check_strategy("kit_halved", only=("plugin", "config", "persistence"))
    assert report.ok, report
    assert report.counts == {"passed": len(report.rows)}
