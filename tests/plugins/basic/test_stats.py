"""y = [μ; √(Σ (x − μ)² / (n − ddof) + ε)]"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import pytest

from kpool.errors import SpecError
from kpool_plugins.basic.stats import StatsPooling
from kpool_plugins.basic.std import StdPooling

from ..rows import assert_follows, bags


def oracle(bag: np.ndarray, layer: StatsPooling) -> np.ndarray:
    ddof = layer.arguments["ddof"] or 0
    mean = np.sum(bag, axis=0) / len(bag)
    squares = np.sum((bag - mean) ** 2, axis=0)
    return np.concatenate([mean, np.sqrt(squares / (len(bag) - ddof)) if len(bag) > ddof else np.zeros_like(mean)])


@pytest.mark.parametrize("ddof", [None, 0, pytest.param(1, id="sample: one element gives 0")])
def test_follows_the_formula(ddof: int | None) -> None:
    layer = StatsPooling(ddof, dtype="float64")
    assert_follows(layer, functools.partial(oracle, layer=layer))


@pytest.mark.parametrize("convention", ["population", "kaldi", "speechbrain", "pyannote", "ecapa"])
def test_the_deviation_is_that_of_std(convention: Any) -> None:
    x, mask = bags()
    std = StdPooling(convention=convention)(x, mask=mask)
    np.testing.assert_array_equal(np.split(StatsPooling(convention=convention)(x, mask=mask), 2, axis=-1)[1], std)


def test_the_mean_comes_first_and_both_scale() -> None:
    x = np.random.default_rng(0).normal(size=(2, 5, 3)).astype("float32")
    mean, std = np.split(StatsPooling()(x), 2, axis=-1)
    np.testing.assert_allclose(StatsPooling()(4 * x + 8), np.concatenate([4 * mean + 8, 4 * std], axis=-1), rtol=1e-5)


def test_is_twice_as_wide() -> None:
    assert StatsPooling(over="window(2)").compute_output_shape((None, 6, 5)) == (None, 3, 10)


def test_ddof_is_0_or_1() -> None:
    with pytest.raises(SpecError, match=r"stats: ddof must be int in \[0, 1\].*, not -1"):
        StatsPooling(ddof=-1)
