"""Gradients that are told say what derived ones would: of the elements, of their weights, and once more derived."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

import kpool

REGIONS = ["everything", "window(2)", "window(3, strides=2, padding=same)", "bins(3)", "segments(4)"]
SPECS = ["mean", "std", "gem", "softmax", "median", "dot_attention"]


@pytest.mark.parametrize("over", REGIONS)
@pytest.mark.parametrize("spec", SPECS)
def test_gradients_under_xla_are_those_of_eager_calls(spec: str, over: str) -> None:
    layer = kpool.head(f"{spec}(over={over})")
    rng = np.random.default_rng(0)
    x = tf.constant(rng.normal(size=(2, 9, 4)).astype("float32"))
    weights = tf.constant(rng.uniform(0.5, 1.5, (2, 9)).astype("float32"))
    mask = tf.constant(np.arange(9) < np.array([[9], [6]]))
    given = {"regions": tf.constant(rng.integers(0, 3, (2, 9)))} if "segments" in over else {}
    layer(x, mask=mask, weights=weights, **given)

    def gradients(x: tf.Tensor, weights: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        with tf.GradientTape() as tape:
            tape.watch((x, weights))
            y = tf.reduce_sum(layer(x, mask=mask, weights=weights, **given) ** 2)
        return tape.gradient(y, (x, weights), unconnected_gradients="zero")

    compiled = tf.function(gradients, jit_compile=True)
    for told, derived in zip(compiled(x, weights), gradients(x, weights), strict=True):
        np.testing.assert_allclose(told, derived, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    "spec",
    [
        "stats",
        "gem",
        "gem(trainable=false)",
        "softmax",
        "softmax(over=window(2))",
        "mean(over=segments(3))",
    ],
)
def test_second_derivatives_under_xla_are_those_of_eager_calls(spec: str) -> None:
    layer = kpool.head(spec)
    rng = np.random.default_rng(0)
    x = tf.constant(rng.normal(size=(2, 9, 4)).astype("float32"))
    given = {"regions": tf.constant(rng.integers(0, 3, (2, 9)))} if "segments" in spec else {}
    layer(x, **given)
    weights = [weight.value for weight in layer.trainable_weights]

    def derivatives(x: tf.Tensor) -> list[tf.Tensor]:
        with tf.GradientTape() as outer:
            outer.watch(x)
            with tf.GradientTape() as tape:
                tape.watch(x)
                y = tf.reduce_sum(layer(x, **given) ** 3)
            steepness = tf.reduce_sum(tape.gradient(y, x) ** 2)
        return outer.gradient(steepness, [x, *weights])

    for told, derived in zip(tf.function(derivatives, jit_compile=True)(x), derivatives(x), strict=True):
        np.testing.assert_allclose(told, derived, rtol=1e-4, atol=1e-5)
