"""What is guessed under XLA: that it serves what is ordinary, and that where it does not, the answer is no other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

import kpool
from kpool import ops

STRATEGIES = ["lse", "softmax", "std", "gem", "gem(trainable=false, negatives=signed)"]
REGIONS = ["everything", "window(16, strides=8)"]
SHARPNESS = {"lse": 10, "softmax": 1}
"""By what the elements are multiplied before e is raised to them: their rounding with it."""

rng = np.random.default_rng(0)
X = rng.normal(size=(3, 96, 5)).astype("float32")
MASK = rng.random((3, 96)) < 0.7
MASK[2] = False


def _but(feature: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """Ordinary elements, but for one feature of one example."""
    x = X.copy()
    x[0, :, 1] = feature(x[0, :, 1])
    return x


SERVED = _but(lambda f: 0 * f)
SERVED[1, :, 2] = 0.1
NOT_SERVED = {
    "one feature large": _but(lambda f: 1e12 * f),
    "one feature small": _but(lambda f: 1e-15 * f),
    "one feature very low": _but(lambda f: f - 1e3),
    "one feature unlike its first half": _but(lambda f: f + 1e3 * (np.arange(96) >= 48)),
}


def _layer(strategy: str, over: str, dtype: str = "float32") -> keras.Layer:
    spec = f"{strategy}(over={over})" if "(" not in strategy else f"{strategy[:-1]}, over={over})"
    layer = kpool.pool(spec)
    layer = type(layer).from_config(layer.get_config() | {"dtype": dtype})
    layer.build(X.shape)
    return layer


def _with_gradients(layer: keras.Layer) -> Callable[[tf.Tensor], tuple[tf.Tensor, ...]]:
    def both(x: tf.Tensor) -> tuple[tf.Tensor, ...]:
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = layer(x, mask=tf.constant(MASK))
        weights = [weight.value for weight in layer.trainable_weights]
        return y, *tape.gradient(y, [x, *weights], tf.cos(tf.reshape(tf.range(tf.size(y), dtype=y.dtype), y.shape)))

    return both


@pytest.mark.parametrize("over", REGIONS)
@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("name", ["served", *NOT_SERVED])
def test_the_answer_and_its_gradients_are_those_of_float64(name: str, strategy: str, over: str) -> None:
    x = tf.constant(NOT_SERVED.get(name, SERVED))
    compiled = tf.function(_with_gradients(_layer(strategy, over)), jit_compile=True)
    given = [y.numpy() for y in compiled(x)]
    expected = [y.numpy() for y in _with_gradients(_layer(strategy, over, "float64"))(tf.cast(x, "float64"))]
    units = 1e-5 + 1e-6 * SHARPNESS.get(strategy, 0) * np.abs(x).max(axis=1, keepdims=True)
    for got, exact in zip(given[:2], expected[:2], strict=True):  # features differ by 10¹²: each by itself
        size = np.abs(exact).max(axis=1, keepdims=True) if exact.ndim > 2 else np.abs(exact)
        assert (np.abs(got - exact) <= units.reshape(size.shape) * size + 1e-30).all()
    for got, exact in zip(given[2:], expected[2:], strict=True):
        np.testing.assert_allclose(got, exact, rtol=1e-4)


@pytest.mark.parametrize("over", REGIONS)
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_guess_serves(strategy: str, over: str, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[tf.Tensor] = []

    def unless(serves: tf.Tensor, values: Any, otherwise: Callable[..., Any], *given: tf.Tensor) -> Any:
        said.append(serves)
        return values

    monkeypatch.setattr(ops, "unless_told", unless)
    layer, x = _layer(strategy, over), tf.constant(SERVED)
    answer, serves = tf.function(lambda x: (layer(x, mask=tf.constant(MASK)), said), jit_compile=True)(x)
    assert all(serves)
    assert len(serves) == (strategy != "std" or over == "everything")  # windows keep no sample of their elements
    assert np.isfinite(answer).all()
