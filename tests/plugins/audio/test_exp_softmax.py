"""y = Σ p e^p / Σ e^p"""

from __future__ import annotations

import numpy as np

import kpool
from kpool_plugins.audio.exp_softmax import ExpSoftmaxPooling

from ..rows import assert_follows, bags


def oracle(p: np.ndarray, layer: ExpSoftmaxPooling) -> np.ndarray:
    return np.sum(p * np.exp(p), axis=0) / np.sum(np.exp(p), axis=0)


def test_follows_the_formula() -> None:
    layer = ExpSoftmaxPooling(dtype="float64")
    assert_follows(layer, lambda p: oracle(p, layer))


def test_is_softmax_at_temperature_1() -> None:
    x, mask = bags()
    np.testing.assert_array_equal(ExpSoftmaxPooling()(x, mask=mask), kpool.pool("softmax")(x, mask=mask))
