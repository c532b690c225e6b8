"""q_t = LSTM(q*_{t−1}), r_t = Σ softmax(q_tᵀ x) · x, q*_t = [q_t; r_t]"""

from __future__ import annotations

import numpy as np
import pytest

import kpool
from kpool_plugins.sets.set2set import Set2SetPooling

from ..rows import assert_follows, bags


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def oracle(x: np.ndarray, layer: Set2SetPooling) -> np.ndarray:
    w, u, b = (np.asarray(weight) for weight in (layer.W, layer.U, layer.b))
    q = c = r = np.zeros(x.shape[1])
    for _ in range(layer.steps):
        i, f, g, o = np.split(np.concatenate([q, r]) @ w + q @ u + b, 4)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        q = sigmoid(o) * np.tanh(c)
        e = np.exp([q @ element for element in x])
        r = e @ x / e.sum()
    return np.concatenate([q, r])


@pytest.mark.parametrize("steps", [pytest.param(1, id="asked once"), pytest.param(3, id="asked again")])
def test_follows_the_formula(steps: int) -> None:
    layer = Set2SetPooling(steps=steps, dtype="float64")
    layer.build((None, None, 4))
    rng = np.random.default_rng(0)
    layer.set_weights([rng.normal(size=w.shape) for w in layer.weights])
    assert_follows(layer, lambda x: oracle(x, layer))


def test_the_first_answer_may_be_the_mean() -> None:
    """Without weights the query is 0, and all scores are alike."""
    x, mask = bags()
    layer = Set2SetPooling(dtype="float64")
    layer.build(x.shape)
    layer.set_weights([np.zeros(w.shape) for w in layer.weights])
    expected = np.nan_to_num(x).sum(axis=1) / np.maximum(mask.sum(axis=1, keepdims=True), 1)
    np.testing.assert_allclose(layer(x, mask=mask), np.concatenate([np.zeros((6, 4)), expected], -1), rtol=1e-12)


def test_gives_the_weights_of_its_last_question() -> None:
    x, mask = bags()
    layer = Set2SetPooling(dtype="float64")
    y, weights = layer(x, mask=mask, return_weights=True)
    np.testing.assert_allclose(np.einsum("bs,bsf->bf", weights, np.nan_to_num(x)), y[:, 4:], rtol=1e-12, atol=1e-14)


def test_is_asked_at_least_once() -> None:
    with pytest.raises(kpool.SpecError, match="set2set: steps must be int ≥ 1, not 0"):
        kpool.pool("set2set(steps=0)")
