"""y = x_⌊h⌋ + (h − ⌊h⌋) (x_⌈h⌉ − x_⌊h⌋),  h = q (n − 1)"""

from __future__ import annotations

import functools
import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from kpool.errors import SpecError
from kpool_plugins.basic.quantile import QuantilePooling

from ..rows import assert_follows

INTERPOLATIONS = ["linear", "lower", "higher", "nearest", "midpoint"]


def oracle(bag: np.ndarray, layer: QuantilePooling) -> np.ndarray:
    rising, answers = np.sort(bag, axis=0), []
    for q in layer.shares:
        h = Fraction(str(q)) * (len(bag) - 1)
        low, high = rising[math.floor(h)], rising[math.ceil(h)]
        linear = low + float(h - math.floor(h)) * (high - low)
        given = {"linear": linear, "lower": low, "higher": high, "nearest": rising[round(h)]}
        answers.append({**given, "midpoint": (low + high) / 2}[layer.interpolation])
    return np.concatenate(answers)


@pytest.mark.parametrize("interpolation", INTERPOLATIONS)
@pytest.mark.parametrize(
    "q",
    [
        pytest.param(0.5, id="the median"),
        pytest.param(0.1, id="a tenth"),
        pytest.param([0.25, 0.75, 0.995], id="several, side by side"),
        pytest.param([0.0, 1.0], id="min and max"),
    ],
)
def test_follows_the_formula(q: Any, interpolation: Any) -> None:
    layer = QuantilePooling(q, interpolation, dtype="float64")
    assert_follows(layer, functools.partial(oracle, layer=layer))


@pytest.mark.parametrize("interpolation", INTERPOLATIONS)
@pytest.mark.parametrize("n", [1, 2, 5, 8])
def test_follows_numpy(n: int, interpolation: Any) -> None:
    x = np.random.default_rng(n).normal(size=(3, n, 2))
    for q in (0, 0.25, 0.3, 0.5, 0.9, 1):
        expected = np.quantile(x, q, axis=1, method=interpolation)
        np.testing.assert_allclose(QuantilePooling(q, interpolation, dtype="float64")(x), expected, rtol=1e-12)


@pytest.mark.parametrize("q", [0.15, 0.29, 0.57, 0.9999])
@pytest.mark.parametrize("n", [101, 1001, 100_001])
def test_ranks_are_counted_in_decimals(q: float, n: int) -> None:
    """In float32, 0.15 · 100 is more than 15, and the higher of two would be the 16th."""
    x, h = np.arange(n, dtype="float32")[None, :, None], Fraction(str(q)) * (n - 1)
    assert QuantilePooling(q, "lower")(x) == math.floor(h)
    assert QuantilePooling(q, "higher")(x) == math.ceil(h)


def test_nan_is_not_lost() -> None:
    x = np.array([[[1], [np.nan], [3], [4]]], "float32")
    assert np.isnan(QuantilePooling(0.0)(x))
    assert QuantilePooling(0.0)(x, mask=~np.isnan(x[..., 0])) == 1


def test_is_as_wide_as_there_are_shares() -> None:
    assert QuantilePooling([0.1, 0.5, 0.9], over="window(2)").compute_output_shape((None, 6, 5)) == (None, 3, 15)


@pytest.mark.parametrize(
    "q", [pytest.param(-0.1, id="below 0"), pytest.param([], id="none"), pytest.param([2.0], id="2")]
)
def test_q_is_a_share(q: Any) -> None:
    with pytest.raises(SpecError, match="quantile: q must be"):
        QuantilePooling(q)
