"""y = [μ; √(Σ α (x − μ)²)],  μ = Σ α x,  α = softmax(vᵀ f(W x + b))"""

from __future__ import annotations

import numpy as np
import pytest

import kpool
from kpool_plugins.audio.attentive_stats import AttentiveStatsPooling

from ..rows import assert_follows


def oracle(x: np.ndarray, layer: AttentiveStatsPooling) -> np.ndarray:
    b = np.asarray(layer.b) if layer.use_bias else 0
    hidden = x @ np.asarray(layer.W) + b
    hidden = np.maximum(hidden, 0) if layer.arguments["activation"] == "relu" else np.tanh(hidden)
    e = np.exp(hidden @ np.asarray(layer.v)[:, 0])
    α = e / e.sum()
    mean = sum(a * element for a, element in zip(α, x, strict=True))
    variance = sum(a * (element - mean) ** 2 for a, element in zip(α, x, strict=True))
    return np.concatenate([mean, np.sqrt(variance)])


@pytest.mark.parametrize("activation", ["tanh", "relu"])
@pytest.mark.parametrize("use_bias", [True, False])
def test_follows_the_formula(activation: str, use_bias: bool) -> None:
    layer = AttentiveStatsPooling(units=5, activation=activation, use_bias=use_bias, dtype="float64")
    layer.build((None, None, 4))
    rng = np.random.default_rng(0)
    layer.set_weights([rng.normal(size=w.shape) for w in layer.weights])
    assert_follows(layer, lambda x: oracle(x, layer))


def test_may_start_as_plain_statistics() -> None:
    layer = AttentiveStatsPooling(initial="mean", dtype="float64")
    assert_follows(layer, lambda x: np.concatenate([x.mean(axis=0), x.std(axis=0)]))


def test_the_deviation_does_not_cancel_far_from_zero() -> None:
    """WeSpeaker's Σ α x² − μ² is off by any factor here, or below 0."""
    x = 1e4 + np.random.default_rng(0).normal(size=(1, 300, 4))
    layer = kpool.pool("attentive_stats(initial=mean)")
    given = layer(x.astype("float32"))[0, 4:]
    np.testing.assert_allclose(given, x.astype("float32").astype("float64").std(axis=(0, 1)), rtol=1e-6)
