"""y = ½ (mean of the k_max largest + α · mean of the k_min smallest)"""

from __future__ import annotations

import functools
from fractions import Fraction
from math import ceil
from typing import Any

import numpy as np
import pytest

from kpool.errors import SpecError
from kpool_plugins.basic.min_max import MinMaxPooling
from kpool_plugins.basic.top_k import TopKPooling

from ..rows import assert_follows

X = np.random.default_rng(0).normal(size=(2, 9, 4)).astype("float32")


def oracle(bag: np.ndarray, layer: MinMaxPooling) -> np.ndarray:
    rising = np.sort(bag, axis=0)
    kept = (min(k, len(bag)) if isinstance(k, int) else ceil(Fraction(str(k)) * len(bag)) for k in _ks(layer))
    many, few = kept
    return 0.5 * (np.mean(rising[len(bag) - many :], axis=0) + layer.alpha * np.mean(rising[:few], axis=0))


def _ks(layer: MinMaxPooling) -> tuple[Any, Any]:
    k_max, k_min = layer.arguments["k_max"], layer.arguments["k_min"]
    return k_max, k_max if k_min is None else k_min


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param({}, id="WELDON: max and min"),
        pytest.param({"k_max": 3, "k_min": 2, "alpha": 0.7}, id="numbers"),
        pytest.param({"k_max": 0.2, "alpha": 0.7}, id="the demo: a share"),
        pytest.param({"k_max": 2, "k_min": 0.5}, id="a number and a share"),
        pytest.param({"k_max": 40}, id="more than there are"),
        pytest.param({"alpha": -1.0}, id="the range"),
    ],
)
def test_follows_the_formula(arguments: dict[str, Any]) -> None:
    layer = MinMaxPooling(**arguments, dtype="float64")
    assert_follows(layer, functools.partial(oracle, layer=layer))


def test_limits() -> None:
    np.testing.assert_allclose(MinMaxPooling()(X), (X.max(1) + X.min(1)) / 2, rtol=1e-6, atol=1e-7)
    np.testing.assert_allclose(MinMaxPooling(9)(X), X.mean(1), rtol=1e-6, atol=1e-7)
    np.testing.assert_array_equal(MinMaxPooling(3, alpha=0.0)(X), TopKPooling(3)(X) / 2)


def test_there_is_at_least_one() -> None:
    with pytest.raises(SpecError, match="min_max: k_min must be int ≥ 1"):
        MinMaxPooling(k_min=0)
