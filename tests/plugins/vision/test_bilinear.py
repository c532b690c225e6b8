"""y = z / ‖z‖₂,  z = sgn(G) √|G|,  G = Σ x xᵀ"""

from __future__ import annotations

import numpy as np

import kpool
from kpool_plugins.vision.bilinear import BilinearPooling

from ..rows import assert_follows


def oracle(x: np.ndarray, layer: BilinearPooling) -> np.ndarray:
    gram = np.mean([np.outer(element, element) for element in x], axis=0).ravel()
    rooted = np.sign(gram) * np.sqrt(np.abs(gram))
    return rooted / max(np.linalg.norm(rooted), 1e-300)


def test_follows_the_formula() -> None:
    layer = BilinearPooling(dtype="float64")
    assert_follows(layer, lambda x: oracle(x, layer))


def test_keeps_its_digits_where_products_cancel() -> None:
    """The root of what is left, 10⁻⁵ of sums about 10, is good to 0.1 %; of plain float32 sums, to 3 %."""
    x = np.random.default_rng(0).normal(size=(200, 12, 2)).astype("float32")
    x[:, 11, 1] = -(np.sum(x[:, :11, 0] * x[:, :11, 1], axis=1) - 1e-5) / x[:, 11, 0]
    x = x[np.abs(x).max(axis=(1, 2)) < 4]
    expected = [oracle(bag.astype("float64"), BilinearPooling()) for bag in x]
    np.testing.assert_allclose(BilinearPooling()(x), expected, rtol=2e-3)


def test_the_root_has_a_gradient_at_0() -> None:
    import tensorflow as tf

    x = tf.constant([[[1.0, 0.0], [2.0, 0.0]]])
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.reduce_sum(kpool.pool("bilinear")(x) * [1.0, 2.0, 3.0, 4.0])
    assert np.isfinite(tape.gradient(y, x)).all()
