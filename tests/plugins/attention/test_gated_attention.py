"""y = Σ softmax(vᵀ (tanh(V x) ⊙ σ(U x))) · x"""

from __future__ import annotations

import numpy as np
import pytest

from kpool.errors import SpecError
from kpool_plugins.attention.gated_attention import GatedAttentionPooling

from ..rows import assert_follows


def oracle(x: np.ndarray, layer: GatedAttentionPooling) -> np.ndarray:
    to_tanh, to_gate, v = layer.V.numpy(), layer.U.numpy(), layer.v.numpy()
    b, c = (layer.b.numpy(), layer.c.numpy()) if layer.use_bias else (0, 0)
    answers = []
    for head, part in enumerate(np.split(x, layer.heads, axis=1)):
        hidden = [np.tanh(to_tanh.T @ element + b) / (1 + np.exp(-(to_gate.T @ element + c))) for element in x]
        e = np.exp([v[:, head] @ h for h in hidden])
        answers.append(e @ part / np.sum(e))
    return np.concatenate(answers)


@pytest.mark.parametrize("heads", [pytest.param(1, id="one"), pytest.param(2, id="each weighs its half")])
@pytest.mark.parametrize("use_bias", [pytest.param(False, id="paper"), pytest.param(True, id="its code")])
def test_follows_the_formula(heads: int, use_bias: bool) -> None:
    layer = GatedAttentionPooling(units=5, heads=heads, use_bias=use_bias, dtype="float64")
    layer.build((None, None, 4))
    rng = np.random.default_rng(0)
    layer.set_weights([rng.normal(size=w.shape) for w in layer.weights])
    assert_follows(layer, lambda x: oracle(x, layer))


def test_may_start_as_the_mean() -> None:
    assert_follows(GatedAttentionPooling(heads=2, initial="mean", dtype="float64"), lambda x: x.mean(axis=0))


def test_features_divide_by_the_heads() -> None:
    with pytest.raises(SpecError, match="gated_attention: 4 features do not divide into 3 equal parts"):
        GatedAttentionPooling(heads=3).build((None, None, 4))


def test_there_is_a_unit() -> None:
    with pytest.raises(SpecError, match="gated_attention: units must be int ≥ 1, not 0"):
        GatedAttentionPooling(units=0)
