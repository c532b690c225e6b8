"""y = Σ w x / Σ w,  w = α + (d² + ε²)^(λ/2),  d = x − μ, or max(x − μ, 0) if asymmetric"""

from __future__ import annotations

import numpy as np
import pytest

import kpool
from kpool_plugins.vision.dpp import DPPPooling

from ..rows import assert_follows, bags


def oracle(x: np.ndarray, layer: DPPPooling) -> np.ndarray:
    α, λ = np.exp(np.asarray(layer.a)), np.exp(np.asarray(layer.l))
    d = x - x.mean(axis=0)
    if layer.detail == "asymmetric":
        d = np.maximum(d, 0)
    w = α + np.sqrt(d**2 + 1e-3) ** λ
    return (w * x).sum(axis=0) / w.sum(axis=0)


@pytest.mark.parametrize("detail", ["symmetric", "asymmetric"])
@pytest.mark.parametrize("spread", [pytest.param(0.0, id="initial"), pytest.param(1.0, id="learned")])
def test_follows_the_formula(detail: str, spread: float) -> None:
    layer = DPPPooling(detail=detail, dtype="float64")
    layer.build((None, None, 4))
    rng = np.random.default_rng(0)
    layer.set_weights([spread * rng.normal(size=w.shape) for w in layer.weights])
    assert_follows(layer, lambda x: oracle(x, layer))


def test_a_great_alpha_is_the_mean() -> None:
    layer = DPPPooling(dtype="float64")
    layer.build((None, None, 4))
    layer.a.assign(np.full(4, 40.0))
    assert_follows(layer, lambda x: x.mean(axis=0))


def test_asymmetric_lies_between_the_mean_and_the_max() -> None:
    x, mask = (each[:5] for each in bags())
    y, mean, largest = (kpool.pool(spec)(x, mask=mask) for spec in ("dpp(detail=asymmetric)", "mean", "max"))
    assert np.all(np.asarray(mean) - 1e-6 <= y)
    assert np.all(np.asarray(y) <= np.asarray(largest) + 1e-6)


def test_no_power_overflows() -> None:
    layer = DPPPooling()
    layer.build((None, None, 1))
    layer.l.assign([3.0])
    np.testing.assert_allclose(layer(np.array([[[0.0], [0], [0], [1e15]]], "float32")), [[1e15]], rtol=1e-6)
