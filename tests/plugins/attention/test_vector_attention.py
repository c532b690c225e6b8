"""y = Σ softmax(W₂ relu(W₁ x + b₁)) ⊙ x"""

from __future__ import annotations

import numpy as np
import pytest

from kpool_plugins.attention.vector_attention import VectorAttentionPooling

from ..rows import assert_follows


def oracle(bag: np.ndarray, layer: VectorAttentionPooling) -> np.ndarray:
    answers = []
    for head in range(layer.heads):
        w, b, v = (np.split(np.asarray(w), layer.heads, axis=-1)[head] for w in (layer.W_1, layer.b_1, layer.W_2))
        e = np.exp([np.maximum(x @ w + b, 0) @ v for x in bag])
        answers += [np.sum(e[:, i] * bag[:, i]) / e[:, i].sum() for i in range(bag.shape[1])]
    return np.array(answers)


@pytest.mark.parametrize("heads", [pytest.param(1, id="one"), pytest.param(3, id="each averages all features")])
def test_follows_the_formula(heads: int) -> None:
    layer = VectorAttentionPooling(units=5, heads=heads, dtype="float64")
    layer.build((None, None, 4))
    rng = np.random.default_rng(0)
    layer.set_weights([rng.normal(size=w.shape) for w in layer.weights])
    assert_follows(layer, lambda bag: oracle(bag, layer))


def test_may_start_as_the_mean() -> None:
    layer = VectorAttentionPooling(heads=2, initial="mean", dtype="float64")
    assert_follows(layer, lambda bag: np.tile(bag.mean(axis=0), 2))


def test_every_feature_has_its_own_weights() -> None:
    layer, x = VectorAttentionPooling(), np.random.default_rng(0).normal(size=(2, 5, 4)).astype("float32")
    answer, weights = layer(x, return_weights=True)
    assert weights.shape == x.shape
    np.testing.assert_allclose(np.sum(weights * x, axis=1), answer, rtol=1e-5)
