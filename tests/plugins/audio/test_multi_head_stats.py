"""y = [μ; √(Σ α (x − μ)²)],  μ = Σ α x,  α = softmax(vᵀ tanh(W x + b)) or softmax(vᵀ x), for each query and head"""

from __future__ import annotations

import numpy as np
import pytest

import kpool
from kpool.errors import SpecError
from kpool_plugins.audio.multi_head_stats import MultiHeadStatsPooling

from ..rows import assert_follows, bags


def oracle(x: np.ndarray, layer: MultiHeadStatsPooling) -> np.ndarray:
    means, deviations, v = [], [], np.asarray(layer.v)
    for q in range(layer.queries):
        for h, part in enumerate(np.split(x, layer.heads, axis=1)):
            seen = part
            if layer.layers == 2:
                seen = np.tanh(part @ np.asarray(layer.W)[:, q, h] + np.asarray(layer.b)[q, h])
            e = np.exp(seen @ v[:, q, h]) * np.ones_like(part)
            mean = np.average(part, axis=0, weights=e)
            means.append(mean)
            deviations.append(np.sqrt(np.average((part - mean) ** 2, axis=0, weights=e)))
    return np.concatenate([*means, *deviations])


@pytest.mark.parametrize("layers", [pytest.param(1, id="linear"), pytest.param(2, id="tanh")])
@pytest.mark.parametrize("per_channel", [pytest.param(False, id="head as one"), pytest.param(True, id="per channel")])
@pytest.mark.parametrize(("heads", "queries"), [pytest.param(2, 1, id="MHASTP"), pytest.param(2, 3, id="MQMHASTP")])
def test_follows_the_formula(layers: int, per_channel: bool, heads: int, queries: int) -> None:
    layer = MultiHeadStatsPooling(heads, queries, layers, 5, per_channel, dtype="float64")
    layer.build((None, None, 4))
    rng = np.random.default_rng(0)
    layer.set_weights([rng.normal(size=w.shape) for w in layer.weights])
    assert_follows(layer, lambda x: oracle(x, layer))


def test_one_head_is_attentive_statistics() -> None:
    x, mask = bags()
    layer, other = kpool.pool("multi_head_stats(heads=1, units=5)"), kpool.pool("attentive_stats(units=5)")
    for each in (layer, other):
        each.build(x.shape)
    w, b, v = other.get_weights()
    layer.set_weights([w[:, None, None], b[None, None], v[:, None, None]])
    np.testing.assert_allclose(layer(x, mask=mask), other(x, mask=mask), rtol=1e-5, atol=1e-6)


def test_features_divide_by_the_heads() -> None:
    with pytest.raises(SpecError, match="multi_head_stats: 4 features do not divide into 3 equal parts"):
        MultiHeadStatsPooling(heads=3).build((None, None, 4))
