"""y = Σ w ⊙ p / Σ w,  p = σ(Uᵀ x + c),  w = exp(Wᵀ x)"""

from __future__ import annotations

import numpy as np
import pytest

from kpool_plugins.audio.attention_softmax import AttentionSoftmaxPooling

from ..rows import assert_follows


def sigmoid(z: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-z))


def oracle(x: np.ndarray, layer: AttentionSoftmaxPooling) -> np.ndarray:
    p = sigmoid(x @ np.asarray(layer.U) + np.asarray(layer.c)) if layer.classes else x
    scores = x @ np.asarray(layer.W)
    w = np.exp(scores) if layer.attention == "softmax" else sigmoid(scores + np.asarray(layer.b))
    return np.array([np.average(p[:, k], weights=w[:, k]) for k in range(p.shape[1])])


@pytest.mark.parametrize("attention", ["softmax", "sigmoid"])
@pytest.mark.parametrize("classes", [pytest.param(None, id="probabilities given"), pytest.param(3, id="classifier")])
def test_follows_the_formula(attention: str, classes: int | None) -> None:
    layer = AttentionSoftmaxPooling(classes=classes, attention=attention, dtype="float64")
    layer.build((None, None, 4))
    rng = np.random.default_rng(0)
    layer.set_weights([rng.normal(size=w.shape) for w in layer.weights])
    assert_follows(layer, lambda x: oracle(x, layer))


@pytest.mark.parametrize("attention", ["softmax", "sigmoid"])
def test_may_start_as_the_mean(attention: str) -> None:
    assert_follows(
        AttentionSoftmaxPooling(attention=attention, initial="mean", dtype="float64"), lambda x: x.mean(axis=0)
    )
