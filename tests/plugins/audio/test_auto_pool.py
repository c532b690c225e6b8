"""y = Σ softmax(α ⊙ x) ⊙ x"""

from __future__ import annotations

import keras
import numpy as np
import pytest

import kpool
from kpool_plugins.audio.auto_pool import AutoPooling

from ..rows import assert_follows, bags


def oracle(x: np.ndarray, layer: AutoPooling) -> np.ndarray:
    e = np.exp(np.asarray(layer.α) * x)
    return (e * x).sum(axis=0) / e.sum(axis=0)


def test_follows_the_formula() -> None:
    layer = AutoPooling(dtype="float64")
    layer.build((None, None, 4))
    layer.α.assign([-2.0, 0.0, 1.0, 5.0])
    assert_follows(layer, lambda x: oracle(x, layer))


def test_starts_as_the_mean() -> None:
    assert_follows(AutoPooling(dtype="float64"), lambda x: x.mean(axis=0))


def test_is_softmax_with_a_learned_temperature() -> None:
    x, mask = bags()
    layer, other = AutoPooling(), kpool.pool("softmax(temperature=0, per_channel=true, trainable=true)")
    for each in (layer, other):
        each.build(x.shape)
        each.set_weights([np.linspace(-1, 3, 4)])
    np.testing.assert_array_equal(layer(x, mask=mask), other(x, mask=mask))


@pytest.mark.parametrize("wanted", [1e6, -1e6])
def test_a_bound_holds_it(wanted: float) -> None:
    layer = AutoPooling(max_alpha=1.5)
    model = keras.Sequential([keras.Input((None, 4)), layer])
    model.compile(keras.optimizers.SGD(1e6), loss="mse")
    model.train_on_batch(bags()[0][:1], np.full((1, 4), wanted))
    np.testing.assert_allclose(layer.α, np.full(4, np.copysign(1.5, wanted)))


def test_a_penalty_is_in_the_loss() -> None:
    layer = AutoPooling(regularizer=0.1)
    layer.build((None, None, 4))
    layer.α.assign([1.0, 2.0, 3.0, 4.0])
    np.testing.assert_allclose(sum(layer.losses), 3.0, rtol=1e-6)
