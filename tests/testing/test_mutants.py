"""The kit is tested by what it must find: no check without a layer that breaks it, and one that keeps it."""

from __future__ import annotations

import pytest
import wrong_poolings
from mutants import MUTANTS, TWINS

import kpool
from kpool import registry
from kpool.testing import CHECKS, ConformanceReport, check_strategies, check_strategy
from kpool.testing.naming import as_target

PROCESSES = ("import_light", "no_side_effects", "keras_file", "weights_file", "quantized_file")


@pytest.fixture(autouse=True)
def _registry_is_left_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry.default(), "_local", {})


@pytest.fixture(scope="module")
def fresh() -> dict[str, ConformanceReport]:
    """What needs a fresh process, in one for all mutants."""
    targets = {name: as_target(MUTANTS[name]()) for name in PROCESSES}
    reports = check_strategies(targets.values(), only=PROCESSES)
    return dict(zip(targets, reports, strict=True))


def test_every_check_has_its_mutant() -> None:
    assert MUTANTS.keys() == CHECKS.keys()


@pytest.mark.parametrize("check", CHECKS)
def test_mutant_is_found(check: str, fresh: dict[str, ConformanceReport]) -> None:
    report = fresh[check] if check in fresh else check_strategy(MUTANTS[check](), only=check)
    rows = [row for row in report.rows if row.check == check]
    if all(row.status == "skipped" for row in rows):
        assert check == "onnx", rows[0].message
        pytest.skip(rows[0].message)
    assert any(row.status == "failed" for row in rows), report


@pytest.mark.parametrize(
    ("mutant", "found"),
    [
        (wrong_poolings.CompiledForgetsWeights, "the gradient of the elements' weights"),
        (wrong_poolings.CompiledOverflows, "the answer at xla, huge"),
    ],
)
def test_what_is_wrong_only_under_xla_is_found(mutant: type[kpool.Pooling], found: str) -> None:
    (failure,) = check_strategy(mutant, only="modes_agree").failures
    assert found in failure.message


def test_twins_pass() -> None:
    targets = {check: as_target(TWINS[check]()) for check in TWINS}
    mean = as_target("mean")
    reports = [*check_strategies([mean]), *(check_strategy(targets[check], only=check) for check in targets)]
    passed = {row.check for report in reports for row in report.rows if row.status == "passed"}
    assert [report for report in reports if not report.ok] == []
    assert CHECKS.keys() - passed <= {"onnx"}, "a check that no twin passes"
