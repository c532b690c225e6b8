"""y = 1 − Π (1 − p)"""

from __future__ import annotations

import numpy as np
import pytest

from kpool_plugins.instances.noisy_or import NoisyOrPooling

from ..rows import assert_follows


def oracle(p: np.ndarray, layer: NoisyOrPooling) -> np.ndarray:
    """By including one element after the other: nothing cancels."""
    y = np.zeros(p.shape[1])
    for q in np.clip(p, 0, 1):
        y = y + q - y * q
    return y


@pytest.mark.parametrize("scale", [pytest.param(1.0, id="some certain"), pytest.param(1e-3, id="rare")])
def test_follows_the_formula(scale: float) -> None:
    layer = NoisyOrPooling(dtype="float64")
    assert_follows(lambda x, mask: layer(scale * x, mask=mask), lambda p: oracle(scale * p, layer))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_certainty_is_certain_and_its_gradient_right(dtype: str) -> None:
    import tensorflow as tf

    p = tf.constant([[[1.0], [0.25], [0.5]]], dtype)
    with tf.GradientTape() as tape:
        tape.watch(p)
        y = NoisyOrPooling(dtype=dtype)(p)
    np.testing.assert_array_equal(y, [[1.0]])
    np.testing.assert_allclose(tape.gradient(y, p)[0, :, 0], [0.375, 0, 0], rtol=1e-5, atol=1e-15)


def test_a_million_rare_elements_add_up() -> None:
    p = np.full((1, 4096, 1), 2.0**-40, "float32")
    np.testing.assert_allclose(NoisyOrPooling()(p), [[2.0**-28]], rtol=1e-6)
