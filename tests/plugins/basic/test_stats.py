"""y = [μ; √(Σ (x − μ)² / (n − ddof))]"""

from __future__ import annotations

import functools

import numpy as np
import pytest

from kpool.errors import SpecError
from kpool_plugins.basic.stats import StatsPooling

from ..rows import assert_follows


def oracle(x: np.ndarray, ddof: int = 0) -> np.ndarray:
    mean = np.sum(x, axis=0) / len(x)
    squares = np.sum((x - mean) ** 2, axis=0)
    return np.concatenate([mean, np.sqrt(squares / (len(x) - ddof)) if len(x) > ddof else np.zeros_like(mean)])


@pytest.mark.parametrize("ddof", [pytest.param(0, id="population"), pytest.param(1, id="sample: one element gives 0")])
def test_follows_the_formula(ddof: int) -> None:
    assert_follows(StatsPooling(ddof, dtype="float64"), functools.partial(oracle, ddof=ddof))


def test_the_mean_comes_first_and_both_scale() -> None:
    x = np.random.default_rng(0).normal(size=(2, 5, 3)).astype("float32")
    mean, std = np.split(StatsPooling()(x), 2, axis=-1)
    np.testing.assert_allclose(StatsPooling()(4 * x + 8), np.concatenate([4 * mean + 8, 4 * std], axis=-1), rtol=1e-5)


def test_is_twice_as_wide() -> None:
    assert StatsPooling(over="window(2)").compute_output_shape((None, 6, 5)) == (None, 3, 10)


def test_ddof_is_0_or_1() -> None:
    with pytest.raises(SpecError, match=r"stats: ddof must be int in \[0, 1\], not -1"):
        StatsPooling(ddof=-1)
