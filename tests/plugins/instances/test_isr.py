"""y = v / (1 + v),  v = Σ p / (1 − p)"""

from __future__ import annotations

import numpy as np
import pytest

from kpool_plugins.instances.isr import ISRPooling

from ..rows import assert_follows


def oracle(p: np.ndarray, layer: ISRPooling) -> np.ndarray:
    p = np.clip(p, 0, 1)
    with np.errstate(divide="ignore"):
        odds = np.sum(p / (1 - p), axis=0)
    return np.array([1.0 if np.isinf(v) else v / (1 + v) for v in odds])


@pytest.mark.parametrize("scale", [pytest.param(1.0, id="some certain"), pytest.param(1e-3, id="rare")])
def test_follows_the_formula(scale: float) -> None:
    layer = ISRPooling(dtype="float64")
    assert_follows(lambda x, mask: layer(scale * x, mask=mask), lambda p: oracle(scale * p, layer))


def test_one_element_is_itself() -> None:
    p = np.array([[[0.0, 1e-6, 0.2, 0.999, 1.0]]], "float32")
    np.testing.assert_allclose(ISRPooling()(p), p[:, 0], rtol=1e-6)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_certainty_is_certain_and_its_gradient_right(dtype: str) -> None:
    import tensorflow as tf

    p = tf.constant([[[1.0], [0.25]]], dtype)
    with tf.GradientTape() as tape:
        tape.watch(p)
        y = ISRPooling(dtype=dtype)(p)
    np.testing.assert_array_equal(y, [[1.0]])
    np.testing.assert_allclose(tape.gradient(y, p)[0, :, 0], [1, 0], rtol=1e-5, atol=1e-15)
