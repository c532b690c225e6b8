"""y = Σ σ(s) s / Σ σ(s)"""

from __future__ import annotations

import numpy as np

import kpool
from kpool_plugins.vision.pcam import PCAMPooling

from ..rows import assert_follows


def oracle(x: np.ndarray, layer: PCAMPooling) -> np.ndarray:
    probabilities = 1 / (1 + np.exp(-x))
    return np.sum(probabilities * x, axis=0) / np.sum(probabilities, axis=0)


def test_follows_the_formula() -> None:
    layer = PCAMPooling(dtype="float64")
    assert_follows(layer, lambda x: oracle(x, layer))


def test_is_the_dense_layer_of_features_averaged_by_its_probabilities() -> None:
    """As in the paper: the map of each class's probabilities weighs the features, which go through the same layer."""
    x = np.random.default_rng(0).normal(size=(9, 5)).astype("float32")
    head = kpool.head("dense(3) | pcam")
    y = head(x[None])[0]
    w, b = (np.asarray(weight) for weight in head.weights)
    probabilities = 1 / (1 + np.exp(-(x @ w + b)))
    for k, share in enumerate(probabilities.T):
        np.testing.assert_allclose(y[k], share @ x / share.sum() @ w[:, k] + b[k], rtol=1e-5)


def test_probabilities_that_half_precision_has_not_are_no_0() -> None:
    """σ(−40) = 4 · 10⁻¹⁸: their sum is 0 in float16, and the answer of the authors' code 0 / 0."""
    s = np.full((1, 6, 2), -40, "float16")
    np.testing.assert_array_equal(PCAMPooling(dtype="mixed_float16")(s), [[-40, -40]])
    np.testing.assert_allclose(PCAMPooling()(np.full((1, 6, 2), -500, "float32")), [[-500, -500]], rtol=1e-6)
