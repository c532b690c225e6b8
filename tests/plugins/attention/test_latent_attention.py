"""y = Σ (h + W₂ (u ⊙ gelu(g)) + b₂) / n,  [u; g] = W₁ LN(h) + b₁,
h = x + W_o softmax((W_q LN(x))ᵀ W_k LN(l) / √d) W_v LN(l)"""

from __future__ import annotations

import math

import numpy as np
import pytest

from kpool.errors import KpoolError, SpecError
from kpool_plugins.attention.latent_attention import LatentAttentionPooling

from ..rows import assert_follows, bags


def oracle(bag: np.ndarray, layer: LatentAttentionPooling) -> np.ndarray:
    of = {weight.name: np.asarray(weight, "float64") for weight in layer.weights}

    def normalised(t: np.ndarray, name: str) -> np.ndarray:
        return (t - t.mean()) / np.sqrt(t.var() + 1e-5) * of[f"scale_{name}"] + of[f"offset_{name}"]

    latents = np.array([normalised(latent, "l") for latent in of["l"]])
    answers = []
    for x in bag:
        q, k, v = normalised(x, "x") @ of["W_q"], latents @ of["W_k"], latents @ of["W_v"]
        heads = []
        for part in np.split(np.arange(len(x)), layer.heads):
            e = np.exp(k[:, part] @ q[part] / np.sqrt(len(part)))
            heads.append(e @ v[:, part] / e.sum())
        h = x + np.concatenate(heads) @ of["W_o"]
        u, g = np.split(normalised(h, "h") @ of["W_1"] + of["b_1"], 2)
        gated = [a * b / 2 * (1 + math.erf(b / math.sqrt(2))) for a, b in zip(u, g, strict=True)]
        answers.append(h + gated @ of["W_2"] + of["b_2"])
    return np.mean(answers, axis=0)


@pytest.mark.parametrize("heads", [1, 2])
@pytest.mark.parametrize(
    ("latents", "mlp_ratio"), [pytest.param(5, 4.0, id="NV-Embed"), pytest.param(1, 0.5, id="one latent, a narrow MLP")]
)
def test_follows_the_formula(heads: int, latents: int, mlp_ratio: float) -> None:
    layer = LatentAttentionPooling(latents, heads, mlp_ratio, dtype="float64")
    layer.build((None, None, 4))
    rng = np.random.default_rng(0)
    layer.set_weights([rng.normal(size=w.shape) for w in layer.weights])
    assert_follows(layer, lambda bag: oracle(bag, layer))


def test_may_start_as_the_mean() -> None:
    layer = LatentAttentionPooling(heads=2, initial="mean", dtype="float64")
    assert_follows(layer, lambda bag: bag.mean(axis=0))


def test_elements_weigh_the_same() -> None:
    x, mask = bags()
    with pytest.raises(KpoolError, match="has no weights to return"):
        LatentAttentionPooling(heads=2)(x, mask=mask, return_weights=True)


def test_features_divide_by_the_heads() -> None:
    with pytest.raises(SpecError, match="latent_attention: 4 features do not divide into 3 equal parts"):
        LatentAttentionPooling(heads=3).build((None, None, 4))
