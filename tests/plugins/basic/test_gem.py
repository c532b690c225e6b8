"""y = (Σ max(x, ε)^p / n)^(1/p),  ε = 10⁻⁶"""

from __future__ import annotations

import functools
from typing import Any

import keras
import numpy as np
import pytest

from kpool.errors import KpoolError, SpecError
from kpool_plugins.basic.gem import GeMPooling

from ..rows import assert_follows

X = np.random.default_rng(0).normal(size=(2, 9, 4)).astype("float32")


def oracle(bag: np.ndarray, layer: GeMPooling) -> np.ndarray:
    return clamped(bag, np.asarray(layer.p))


def clamped(x: np.ndarray, p: float = 3) -> np.ndarray:
    return signed(np.maximum(x, 1e-6), p)


def signed(x: np.ndarray, p: float = 3) -> np.ndarray:
    size = np.abs(x).max(axis=0) + (x == 0).all(axis=0)  # float64, too, overflows at 1e15 ** 64
    mean = np.mean(np.sign(x) * np.abs(x / size) ** p, axis=0)
    return size * np.sign(mean) * np.abs(mean) ** (1 / p)


@pytest.mark.parametrize("formula", [pytest.param(clamped, id="clamp"), pytest.param(signed, id="signed")])
@pytest.mark.parametrize(
    ("p", "arguments"),
    [
        pytest.param(3, {}, id="learned: a power"),
        pytest.param(3, {"trainable": False}, id="constant and whole: products"),
        pytest.param(6, {"trainable": False}, id="even, whole"),
        pytest.param(2.5, {"trainable": False}, id="constant: a power"),
        pytest.param(64, {"per_channel": True}, id="largest, one a channel"),
    ],
)
def test_follows_the_formula(p: float, arguments: dict[str, Any], formula: Any) -> None:
    negatives = "signed" if formula is signed else "clamp"
    layer = GeMPooling(p, negatives=negatives, dtype="float64", **arguments)
    assert_follows(layer, functools.partial(formula, p=p))


def test_limits() -> None:
    positive = np.abs(X) + 0.1
    np.testing.assert_allclose(GeMPooling(1)(positive), positive.mean(1), rtol=1e-6)
    np.testing.assert_allclose(GeMPooling(1, negatives="signed")(X), X.mean(1), rtol=1e-5, atol=1e-7)
    apart = GeMPooling(64)(positive) / positive.max(1)
    assert np.all(apart <= 1 + 1e-6)
    assert np.all(apart >= 9 ** (-1 / 64) - 1e-6)  # all of the nine but one could be 0


@pytest.mark.parametrize("negatives", ["clamp", "signed"])
@pytest.mark.parametrize("p", [1, 3, 64])
@pytest.mark.parametrize(
    "x",
    [
        pytest.param(-np.abs(X), id="dead channels"),
        pytest.param(0 * X, id="zeros"),
        pytest.param(1e15 * X, id="cubes overflow"),
        pytest.param(1e-20 * X, id="cubes vanish"),
        pytest.param(np.ones_like(X), id="ties"),
    ],
)
def test_learns_from_anything_finite(x: np.ndarray, p: float, negatives: str) -> None:
    import tensorflow as tf

    layer, inputs = GeMPooling(p, negatives=negatives), tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        pooled = layer(inputs)
        loss = keras.ops.sum(pooled)
    formula = clamped if negatives == "clamp" else signed
    expected = np.stack([formula(row.astype("float64"), p) for row in x])
    np.testing.assert_allclose(pooled, expected, rtol=2e-5, atol=1e-6 * np.abs(x).max())
    assert all(np.isfinite(gradient).all() for gradient in tape.gradient(loss, [inputs, layer.p]))


def test_numbers_whose_reciprocals_vanish() -> None:
    """TensorFlow takes what is smaller than the least normal number, 10⁻³⁸, for 0."""
    x = np.abs(np.float32(1e38) * np.clip(X, -2.5, 2.5))
    expected = np.stack([clamped(row.astype("float64")) for row in x])
    np.testing.assert_allclose(GeMPooling()(x), expected, rtol=1e-6)


@pytest.mark.parametrize("x", [pytest.param(np.inf, id="infinity"), pytest.param(np.nan, id="NaN")])
def test_what_is_not_finite_shows(x: float) -> None:
    np.testing.assert_array_equal(GeMPooling()(np.array([[[1], [x], [2]]], "float32")), [[x]])


def test_negatives_may_be_refused() -> None:
    layer = GeMPooling(negatives="error")
    with pytest.raises(KpoolError, match=r"negatives=error\) was given values below 0"):
        layer(X)
    assert np.isfinite(layer(X, mask=(X >= 0).all(-1))).all()


@pytest.mark.parametrize("p", [pytest.param(0.99, id="too small"), pytest.param(65, id="too large")])
def test_p_has_bounds(p: float) -> None:
    with pytest.raises(SpecError, match=rf"gem: p must be float in \[1, 64\], not {p}"):
        GeMPooling(p)
