"""y = c_B,  c_{i+1} = c' + λ' ⊙ (W₂ gelu(W₁ LN(c') + b₁) + b₂),  c' = c_i + λ ⊙ attention of c_i to [c_i; x]"""

from __future__ import annotations

import math

import numpy as np
import pytest

from kpool.errors import SpecError
from kpool_plugins.attention.cls_attention import ClsAttentionPooling

from ..rows import assert_follows


def oracle(bag: np.ndarray, layer: ClsAttentionPooling) -> np.ndarray:
    c = np.asarray(layer.c, "float64")
    for block in range(layer.blocks):
        names = {w.name.removesuffix(f"_{block}"): w for w in layer.weights if w.name.endswith(f"_{block}")}
        c = one_block(bag, c, layer.heads, {name: np.asarray(w, "float64") for name, w in names.items()})
    return c


def one_block(bag: np.ndarray, c: np.ndarray, heads: int, of: dict[str, np.ndarray]) -> np.ndarray:
    def normalised(t: np.ndarray, name: str) -> np.ndarray:
        return (t - t.mean()) / np.sqrt(t.var() + 1e-6) * of[f"scale_{name}"] + of[f"offset_{name}"]

    z = np.array([normalised(t, "z") for t in (c, *bag)])
    q, k, v = z[0] @ of["W_q"] + of["b_q"], z @ of["W_k"], z @ of["W_v"] + of["b_v"]
    heard = []
    for part in np.split(np.arange(len(c)), heads):
        e = np.exp(k[:, part] @ q[part] / np.sqrt(len(part)))
        heard.append(e @ v[:, part] / e.sum())
    c = c + of["gain_a"] * (np.concatenate(heard) @ of["W_o"] + of["b_o"])
    hidden = [t / 2 * (1 + math.erf(t / math.sqrt(2))) for t in normalised(c, "c") @ of["W_1"] + of["b_1"]]
    return c + of["gain_m"] * (hidden @ of["W_2"] + of["b_2"])


@pytest.mark.parametrize("blocks", [1, 3])
@pytest.mark.parametrize("heads", [1, 2])
def test_follows_the_formula(blocks: int, heads: int) -> None:
    layer = ClsAttentionPooling(blocks, heads, mlp_ratio=2.0, dtype="float64")
    layer.build((None, None, 4))
    rng = np.random.default_rng(0)
    layer.set_weights([rng.normal(size=w.shape) for w in layer.weights])
    assert_follows(layer, lambda bag: oracle(bag, layer))


def test_starts_near_its_token() -> None:
    layer = ClsAttentionPooling(heads=2, layer_scale=1e-9, dtype="float64")
    answer = layer(np.random.default_rng(0).normal(size=(2, 5, 4)))
    np.testing.assert_allclose(answer, np.tile(layer.c, (2, 1)), atol=1e-7)


def test_features_divide_by_the_heads() -> None:
    with pytest.raises(SpecError, match="cls_attention: 4 features do not divide into 3 equal parts"):
        ClsAttentionPooling(heads=3).build((None, None, 4))
