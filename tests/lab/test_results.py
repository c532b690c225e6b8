"""Means, deviations, and who wins."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kpool.lab.dataset import Dataset
from kpool.lab.report import labels
from kpool.lab.results import Failure, HeadResult, Results
from kpool.lab.trial import Settings, Trial

TRIAL = Trial("spec", 0, 100, 10, 0.5, 0.25, 9.0, 0.1, {})


def head(given: str, *trials: Trial, failures: tuple[Failure, ...] = ()) -> HeadResult:
    return HeadResult(given, given, trials, failures)


def winner(tokens: Dataset, *heads: HeadResult) -> HeadResult | None:
    return Results(tokens, Settings(), heads, {}, 1.0).winner


def test_figures_over_seeds() -> None:
    figures = [(1, 9), (0, 1), (0.5, 2)]
    result = head("a", *(replace(TRIAL, seed=i, test_accuracy=a, train_seconds=s) for i, (a, s) in enumerate(figures)))
    assert result.mean("test_accuracy") == 0.5
    assert result.deviation("test_accuracy") == pytest.approx(0.5)
    assert result.median("train_seconds") == 2
    assert head("a", TRIAL).deviation("test_accuracy") == 0


def test_of_equals_the_smaller_wins(tokens: Dataset) -> None:
    large, small = head("large", replace(TRIAL, head_parameters=11)), head("small", TRIAL)
    assert winner(tokens, large, small) is small


def test_a_head_with_a_failure_does_not_win(tokens: Dataset) -> None:
    half = head("half", replace(TRIAL, validation_accuracy=1.0), failures=(Failure(1, "no"),))
    whole = head("whole", TRIAL)
    assert winner(tokens, half, whole) is whole
    assert winner(tokens, half) is None


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        (["a | b | dense(2)", "c|dense(2)"], ["a | b", "c"]),
        (["a | dense(2)", "c | dense(3)"], ["a | dense(2)", "c | dense(3)"]),
        (["a | dense(2)"], ["a | dense(2)"]),
        (["dense(2)", "a | dense(2)"], ["dense(2)", "a | dense(2)"]),
    ],
    ids=["shared-ending", "no-shared-ending", "single", "ending-alone"],
)
def test_an_ending_that_all_share_is_said_once(given: list[str], shown: list[str]) -> None:
    assert labels([head(spec) for spec in given]) == shown
