"""y = Σ e^g x / Σ e^g,  g = scale · σ(W x + b)"""

from __future__ import annotations

import numpy as np
import pytest

import kpool
from kpool_plugins.vision.lip import LIPPooling

from ..rows import assert_follows, bags


def oracle(x: np.ndarray, layer: LIPPooling) -> np.ndarray:
    g = layer.scale / (1 + np.exp(-(x @ np.asarray(layer.W) + np.asarray(layer.b))))
    e = np.exp(g)
    return (e * x).sum(axis=0) / e.sum(axis=0)


@pytest.mark.parametrize("scale", [pytest.param(12.0, id="the paper's"), pytest.param(1.0, id="nearly the mean")])
def test_follows_the_formula(scale: float) -> None:
    layer = LIPPooling(scale=scale, dtype="float64")
    layer.build((None, None, 4))
    rng = np.random.default_rng(0)
    layer.set_weights([rng.normal(size=w.shape) for w in layer.weights])
    assert_follows(layer, lambda x: oracle(x, layer))


def test_starts_as_the_mean() -> None:
    assert_follows(LIPPooling(dtype="float64"), lambda x: x.mean(axis=0))


def test_logits_that_learn_the_identity_lean_to_the_maximum() -> None:
    x, mask = bags()
    layer = LIPPooling(scale=50.0)
    layer.build(x.shape)
    layer.W.assign(np.eye(4) * 50)
    top, largest = layer(x, mask=mask), kpool.pool("max")(x, mask=mask)
    assert np.all(np.asarray(top)[:5] >= np.asarray(kpool.pool("mean")(x, mask=mask))[:5] - 1e-6)
    assert np.all(np.asarray(top) <= np.asarray(largest) + 1e-6)
