"""y = x_((n+1)/2), or between x_(n/2) and x_(n/2+1) where n is even"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import pytest

from kpool.errors import SpecError
from kpool_plugins.basic.median import MedianPooling

from ..rows import assert_follows


def oracle(bag: np.ndarray, layer: MedianPooling) -> np.ndarray:
    rising, n = np.sort(bag, axis=0), len(bag)
    low, high = rising[(n + 1) // 2 - 1], rising[n // 2 + 1 - 1]
    return {"lower": low, "higher": high, "midpoint": (low + high) / 2}[layer.interpolation]


@pytest.mark.parametrize("interpolation", ["midpoint", "lower", "higher"])
def test_follows_the_formula(interpolation: Any) -> None:
    layer = MedianPooling(interpolation, dtype="float64")
    assert_follows(layer, functools.partial(oracle, layer=layer))


@pytest.mark.parametrize("n", range(1, 7))
def test_follows_numpy(n: int) -> None:
    x = np.random.default_rng(n).normal(size=(3, n, 2))
    np.testing.assert_allclose(MedianPooling(dtype="float64")(x), np.median(x, axis=1), rtol=1e-12)


def test_nearly_half_may_be_anything() -> None:
    x = np.array([[[1], [1e30], [3], [-1e30], [2]]], "float32")
    np.testing.assert_array_equal(MedianPooling()(x), [[2]])


def test_nan_is_not_lost() -> None:
    x = np.array([[[1], [np.nan], [3]]], "float32")
    assert np.isnan(MedianPooling()(x))
    np.testing.assert_array_equal(MedianPooling()(x, mask=~np.isnan(x[..., 0])), [[2]])


def test_interpolation_is_a_known_one() -> None:
    with pytest.raises(SpecError, match="median: interpolation must be"):
        MedianPooling("linear")
