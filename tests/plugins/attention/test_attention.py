"""y = Σ softmax(vᵀ tanh(W x + b)) · x"""

from __future__ import annotations

import numpy as np
import pytest

from kpool.errors import SpecError
from kpool_plugins.attention.attention import AttentionPooling

from ..rows import assert_follows, bags


def oracle(x: np.ndarray, layer: AttentionPooling) -> np.ndarray:
    w, v = layer.W.numpy(), layer.v.numpy()
    b = layer.b.numpy() if layer.use_bias else 0
    answers = []
    for head, part in enumerate(np.split(x, layer.heads, axis=1)):
        e = np.exp([v[:, head] @ np.tanh(w.T @ element + b) for element in x])
        answers.append(e @ part / np.sum(e))
    return np.concatenate(answers)


@pytest.mark.parametrize("heads", [pytest.param(1, id="one"), pytest.param(2, id="each weighs its half")])
@pytest.mark.parametrize("use_bias", [pytest.param(True, id="Yang"), pytest.param(False, id="Ilse")])
def test_follows_the_formula(heads: int, use_bias: bool) -> None:
    layer = AttentionPooling(units=5, heads=heads, use_bias=use_bias, dtype="float64")
    layer.build((None, None, 4))
    rng = np.random.default_rng(0)
    layer.set_weights([rng.normal(size=w.shape) for w in layer.weights])
    assert_follows(layer, lambda x: oracle(x, layer))


def test_may_start_as_the_mean() -> None:
    assert_follows(AttentionPooling(heads=2, initial="mean", dtype="float64"), lambda x: x.mean(axis=0))


def test_scores_of_any_size_are_shifted() -> None:
    x, mask = bags()
    layer = AttentionPooling(units=5)
    layer.build(x.shape)
    layer.v.assign(1e4 * layer.v)
    assert np.isfinite(layer(x, mask=mask)).all()


def test_features_divide_by_the_heads() -> None:
    with pytest.raises(SpecError, match="attention: 4 features do not divide into 3 equal parts"):
        AttentionPooling(heads=3).build((None, None, 4))


def test_there_is_a_head() -> None:
    with pytest.raises(SpecError, match="attention: heads must be int ≥ 1, not 0"):
        AttentionPooling(heads=0)
