"""y = a max x + (1 − a) Σ x / n,  a = σ(w)"""

from __future__ import annotations

import functools

import numpy as np
import pytest

from kpool_plugins.basic.mixed import MixedPooling

from ..rows import assert_follows

X = np.random.default_rng(0).normal(size=(2, 9, 4)).astype("float32")


def oracle(bag: np.ndarray, layer: MixedPooling) -> np.ndarray:
    a = 1 / (1 + np.exp(-np.asarray(layer.w)))
    return a * np.max(bag, axis=0) + (1 - a) * np.sum(bag, axis=0) / len(bag)


@pytest.mark.parametrize("per_channel", [pytest.param(False, id="a share"), pytest.param(True, id="one a feature")])
def test_follows_the_formula(per_channel: bool) -> None:
    layer = MixedPooling(per_channel, dtype="float64")
    layer.build((None, None, 4))
    layer.w.assign(np.random.default_rng(0).normal(size=layer.w.shape))
    assert_follows(layer, functools.partial(oracle, layer=layer))


@pytest.mark.parametrize(
    ("w", "a"),
    [
        pytest.param(0, 0.5, id="half and half at first"),
        pytest.param(100, 1, id="never more than the max"),
        pytest.param(-100, 0, id="never less than the mean"),
    ],
)
def test_limits(w: float, a: float) -> None:
    layer = MixedPooling()
    layer.build(X.shape)
    if w:
        layer.w.assign(w)
    np.testing.assert_allclose(layer(X), a * X.max(1) + (1 - a) * X.mean(1), rtol=1e-5, atol=1e-7)
