"""y = Σ_{i ≤ k'} x_(i) / k',  k' = min(k, n), or ⌈k n⌉ for a share"""

from __future__ import annotations

import functools
from fractions import Fraction
from math import ceil

import numpy as np
import pytest

from kpool.errors import SpecError
from kpool_plugins.basic.top_k import TopKPooling

from ..rows import assert_follows

X = np.random.default_rng(0).normal(size=(2, 9, 4)).astype("float32")


def oracle(bag: np.ndarray, layer: TopKPooling) -> np.ndarray:
    k = layer.k
    kept = min(k, len(bag)) if isinstance(k, int) else ceil(Fraction(str(k)) * len(bag))
    return np.mean(np.sort(bag, axis=0)[::-1][:kept], axis=0)


@pytest.mark.parametrize(
    "k",
    [
        pytest.param(1, id="the max"),
        pytest.param(3, id="some"),
        pytest.param(40, id="more than there are: the mean"),
        pytest.param(0.5, id="a share, rounded up"),
        pytest.param(1.0, id="a share of all: the mean"),
        pytest.param(0.01, id="a share of less than one: the max"),
    ],
)
def test_follows_the_formula(k: int | float) -> None:
    layer = TopKPooling(k, dtype="float64")
    assert_follows(layer, functools.partial(oracle, layer=layer))


def test_limits() -> None:
    np.testing.assert_array_equal(TopKPooling(1)(X), X.max(1))
    np.testing.assert_allclose(TopKPooling(9)(X), X.mean(1), rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("k", [0.09, 0.15, 0.55, 0.7])
@pytest.mark.parametrize("n", [20, 100, 300])
def test_a_share_is_counted_in_decimals(k: float, n: int) -> None:
    """In float32, 0.15 · 100 is more than 15, and ⌈0.15 · 100⌉ would be 16."""
    x = np.arange(n, dtype="float32")[None, :, None]
    np.testing.assert_allclose(TopKPooling(k)(x)[0], oracle(x[0], TopKPooling(k)), rtol=1e-6)


@pytest.mark.parametrize("k", [2, 0.5])
def test_nan_is_not_lost(k: int | float) -> None:
    x = np.array([[[1], [np.nan], [3], [4]]], "float32")
    assert np.isnan(TopKPooling(k)(x))
    assert np.isfinite(TopKPooling(k)(x, mask=~np.isnan(x[..., 0])))


@pytest.mark.parametrize(
    "k",
    [
        pytest.param(0, id="none"),
        pytest.param(0.0, id="a share of nothing"),
        pytest.param(1.5, id="more than all"),
    ],
)
def test_k_has_bounds(k: int | float) -> None:
    with pytest.raises(SpecError, match=rf"top_k: k must be int ≥ 1 \| float in \(0, 1\], not {k}"):
        TopKPooling(k)
