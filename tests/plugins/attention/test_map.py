"""y = a + W₂ gelu(W₁ LN(a) + b₁) + b₂,  a = W_o Σ softmax(qᵀ W_k x / √d) (W_v x + b_v) + b_o,  q = W_q p + b_q"""

from __future__ import annotations

import math

import numpy as np
import pytest

from kpool.errors import SpecError
from kpool_plugins.attention.map import MAPPooling

from ..rows import assert_follows


def normalised(a: np.ndarray, layer: MAPPooling) -> np.ndarray:
    return (a - a.mean()) / np.sqrt(a.var() + 1e-6) * np.asarray(layer.scale) + np.asarray(layer.offset)


def gelu(t: float, kind: str) -> float:
    if kind == "gelu":
        return t / 2 * (1 + math.erf(t / math.sqrt(2)))
    return t / 2 * (1 + math.tanh(math.sqrt(2 / math.pi) * (t + 0.044715 * t**3)))


def oracle(bag: np.ndarray, layer: MAPPooling) -> np.ndarray:
    of = {weight.name: np.asarray(weight, "float64") for weight in layer.weights}
    answers = []
    for p in of["p"]:
        q, k, v = p @ of["W_q"] + of["b_q"], bag @ of["W_k"], bag @ of["W_v"] + of["b_v"]
        heads = []
        for part in np.split(np.arange(len(p)), layer.heads):
            e = np.exp(k[:, part] @ q[part] / np.sqrt(len(part)))
            heads.append(e @ v[:, part] / e.sum())
        y = a = np.concatenate(heads) @ of["W_o"] + of["b_o"]
        if layer.mlp_ratio:
            hidden = [gelu(t, layer.activation) for t in normalised(a, layer) @ of["W_1"] + of["b_1"]]
            y = a + hidden @ of["W_2"] + of["b_2"]
        answers.append(y)
    return np.concatenate(answers)


@pytest.mark.parametrize("probes", [pytest.param(1, id="one probe"), pytest.param(3, id="side by side")])
@pytest.mark.parametrize("heads", [1, 2])
@pytest.mark.parametrize(
    ("mlp_ratio", "activation"),
    [
        pytest.param(4.0, "gelu_tanh", id="SigLIP"),
        pytest.param(3.7362, "gelu", id="timm, the width of so400m"),
        pytest.param(0.0, "gelu", id="attention alone"),
    ],
)
def test_follows_the_formula(probes: int, heads: int, mlp_ratio: float, activation: str) -> None:
    layer = MAPPooling(heads, mlp_ratio, probes, activation, dtype="float64")
    layer.build((None, None, 4))
    rng = np.random.default_rng(0)
    layer.set_weights([rng.normal(size=w.shape) for w in layer.weights])
    assert_follows(layer, lambda bag: oracle(bag, layer))


def test_may_start_as_the_mean() -> None:
    layer = MAPPooling(heads=2, probes=2, initial="mean", dtype="float64")
    assert_follows(layer, lambda bag: np.tile(bag.mean(axis=0), 2))


def test_a_bias_of_the_keys_would_change_nothing() -> None:
    rng = np.random.default_rng(0)
    k, q, b = rng.normal(size=(5, 4)), rng.normal(size=4), rng.normal(size=4)
    with_bias, without = np.exp((k + b) @ q), np.exp(k @ q)
    np.testing.assert_allclose(with_bias / with_bias.sum(), without / without.sum(), rtol=1e-12)


def test_features_divide_by_the_heads() -> None:
    with pytest.raises(SpecError, match="map: 4 features do not divide into 3 equal parts"):
        MAPPooling(heads=3).build((None, None, 4))
