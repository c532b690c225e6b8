"""y = max log(1 + max(x, 0)), or Σ log(1 + max(x, 0))"""

from __future__ import annotations

import numpy as np
import pytest

from kpool_plugins.text.splade import SpladePooling

from ..rows import assert_follows


def oracle(x: np.ndarray, layer: SpladePooling) -> np.ndarray:
    said = np.log(1 + np.maximum(x, 0))
    return said.max(axis=0) if layer.reduce == "max" else said.sum(axis=0)


@pytest.mark.parametrize("reduce", ["max", "sum"])
def test_follows_the_formula(reduce: str) -> None:
    layer = SpladePooling(reduce=reduce, dtype="float64")
    assert_follows(layer, lambda x: oracle(x, layer))


@pytest.mark.parametrize("size", [pytest.param(1e-9, id="1 + x is 1 in float32"), pytest.param(1e30, id="large")])
@pytest.mark.parametrize("reduce", ["max", "sum"])
def test_keeps_its_digits(reduce: str, size: float) -> None:
    x = np.full((1, 1, 2), size, "float32")
    np.testing.assert_allclose(SpladePooling(reduce=reduce)(x)[0], np.log1p(x[0, 0].astype("float64")), rtol=1e-6)


def test_words_that_no_token_says_are_zero() -> None:
    np.testing.assert_array_equal(SpladePooling()(-np.ones((1, 3, 2), "float32")), np.zeros((1, 2)))
