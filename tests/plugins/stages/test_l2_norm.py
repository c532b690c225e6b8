"""x / ‖x‖₂, and 0 for 0"""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

import kpool
from kpool_plugins.stages.l2_norm import l2_norm

X = np.random.default_rng(0).normal(size=(3, 4)).astype("float32")


def oracle(x: np.ndarray) -> np.ndarray:
    return x / np.sqrt(np.sum(x**2, axis=-1, keepdims=True))


def test_follows_the_formula() -> None:
    np.testing.assert_allclose(l2_norm(dtype="float64")(X), oracle(X.astype("float64")), rtol=1e-12)


@pytest.mark.parametrize(
    "size",
    [
        pytest.param(1e30, id="squares overflow float32"),
        pytest.param(1e-30, id="squares vanish in float32"),
    ],
)
def test_any_size_becomes_unit_length(size: float) -> None:
    np.testing.assert_allclose(l2_norm()(X * np.float32(size)), oracle(X.astype("float64")), rtol=1e-6)


@pytest.mark.parametrize("size", [pytest.param(1e4, id="norm overflows"), pytest.param(1e-4, id="squares vanish")])
def test_half_precision(size: float) -> None:
    """keras.layers.UnitNormalization gives zeros for a float16 vector of norm 6400."""
    x = (X * size).astype("float16")
    normed = l2_norm(dtype="float16")(x).numpy()
    expected = oracle(x.astype("float64")).astype("float16")
    assert np.all(np.abs(normed - expected) <= np.spacing(np.abs(expected)))


def test_zero_stays_zero_and_has_no_gradient() -> None:
    x = tf.zeros((1, 4))
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = l2_norm()(x)
    np.testing.assert_array_equal(y, x)
    np.testing.assert_array_equal(tape.gradient(y, x), x)


def test_gradient_is_at_right_angles_to_the_answer() -> None:
    x = tf.constant(X)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = l2_norm()(x)
        loss = tf.reduce_sum(y[:, 0])
    expected = (np.eye(4)[0] - y.numpy() * y.numpy()[:, :1]) / np.linalg.norm(X, axis=-1, keepdims=True)
    np.testing.assert_allclose(tape.gradient(loss, x), expected, rtol=1e-4, atol=1e-6)


def test_takes_no_argument() -> None:
    with pytest.raises(kpool.SpecError, match="l2_norm takes no arguments"):
        kpool.head("mean | l2_norm(2)")
