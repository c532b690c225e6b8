"""y = Σ (x − μ)² / (n − ddof) + ε, with ε and ddof as a convention has them"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from kpool.errors import SpecError
from kpool_plugins.basic.var import VarPooling

from ..rows import assert_follows

CONVENTIONS = {
    "population": lambda squares, n: squares / n,
    "kaldi": lambda squares, n: np.maximum(squares / n, 1e-10),
    "speechbrain": lambda squares, n: squares / max(n - 1, 1),
    "pyannote": lambda squares, n: squares / max(n - 1, 1),
    "ecapa": lambda squares, n: np.maximum(squares / n, 1e-12),
}


def oracle(bag: np.ndarray, layer: VarPooling) -> np.ndarray:
    squares = np.sum((bag - np.mean(bag, axis=0)) ** 2, axis=0)
    return CONVENTIONS[layer.arguments["convention"]](squares, len(bag))


@pytest.mark.parametrize("convention", CONVENTIONS)
def test_follows_the_formula(convention: Any) -> None:
    layer = VarPooling(convention=convention, dtype="float64")
    assert_follows(layer, functools.partial(oracle, layer=layer))


@pytest.mark.parametrize("ddof", [pytest.param(0, id="population"), pytest.param(1, id="sample")])
def test_follows_numpy(ddof: int) -> None:
    x = np.random.default_rng(0).normal(size=(3, 9, 4))
    layer = VarPooling(ddof, epsilon=0.25, dtype="float64")
    np.testing.assert_allclose(layer(x), np.var(x, axis=1, ddof=ddof) + 0.25, rtol=1e-12)


def test_is_right_where_the_mean_of_squares_cancels() -> None:
    """E[x²] − E[x]² says about −100 in float32, as PyTorch Geometric's var does."""
    x = (1e4 + np.random.default_rng(0).normal(size=(1, 1000, 1))).astype("float32")
    np.testing.assert_allclose(VarPooling()(x), np.var(x.astype("float64"), axis=1), rtol=1e-6)


def test_small_spread_is_no_floor() -> None:
    """PyTorch Geometric's std says exactly 0 here."""
    x = (0.003 * np.random.default_rng(0).normal(size=(1, 50, 1))).astype("float32")
    np.testing.assert_allclose(VarPooling()(x), np.var(x.astype("float64"), axis=1), rtol=1e-6)


def test_epsilon_is_not_below_0() -> None:
    with pytest.raises(SpecError, match=r"var: epsilon must be float ≥ 0.*, not -1.0"):
        VarPooling(epsilon=-1.0)


def test_ddof_is_not_for_reliabilities() -> None:
    with pytest.raises(SpecError, match="var: pyannote divides by"):
        VarPooling(0, convention="pyannote")


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize(("dtype", "size"), [("float32", 1e15), ("float32", 1e17), ("float64", 1e125)])
def test_gradients_of_few_large_elements_are_finite(dtype: str, size: float, compiled: bool) -> None:
    layer = VarPooling(over="window(2)", dtype=dtype)
    bags = size * np.random.default_rng(0).normal(3, 1, size=(1, 20, 2, 4)).astype(dtype)
    counted = np.ones((1, 20, 2), dtype=bool)
    counted[:, ::3, 1] = False

    @tf.function(jit_compile=compiled)
    def gradient(x: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = layer(x, mask=counted.reshape(1, 40))
        return tape.gradient(y, x)

    given = gradient(tf.constant(bags.reshape(1, 40, 4))).numpy().reshape(bags.shape)
    expected = bags - np.mean(bags, axis=2, keepdims=True)  # 2 (x − μ) / n, n = 2
    expected[:, ::3] = 0
    np.testing.assert_allclose(given, expected, rtol=1e-5, atol=1e-7 * size)
