"""y_r = Σ a_r x,  a_r = softmax(w_rᵀ tanh(W x));  in training the loss grows by penalty · ‖A Aᵀ − 1‖²_F"""

from __future__ import annotations

import numpy as np
import pytest

from kpool_plugins.attention.multi_hop import MultiHopPooling

from ..rows import assert_follows, bags


def attention(bag: np.ndarray, layer: MultiHopPooling) -> np.ndarray:
    e = np.exp(np.tanh(bag @ np.asarray(layer.W)) @ np.asarray(layer.w)).T
    return e / e.sum(axis=1, keepdims=True)


def oracle(bag: np.ndarray, layer: MultiHopPooling) -> np.ndarray:
    return (attention(bag, layer) @ bag).reshape(-1)


def overlap(bag: np.ndarray, layer: MultiHopPooling) -> float:
    a = attention(bag, layer)
    return sum(float(a[i] @ a[j] - (i == j)) ** 2 for i in range(layer.hops) for j in range(layer.hops))


def drawn(**arguments: object) -> MultiHopPooling:
    layer = MultiHopPooling(**arguments, units=5, dtype="float64")
    layer.build((None, None, 4))
    rng = np.random.default_rng(0)
    layer.set_weights([rng.normal(size=w.shape) for w in layer.weights])
    return layer


@pytest.mark.parametrize("hops", [1, 4])
def test_follows_the_formula(hops: int) -> None:
    layer = drawn(hops=hops)
    assert_follows(layer, lambda bag: oracle(bag, layer))


@pytest.mark.parametrize("hops", [1, 4])
def test_training_adds_the_penalty_of_the_bags_that_hold_something(hops: int) -> None:
    layer, (x, mask) = drawn(hops=hops, penalty=0.5), bags()
    layer(x, mask=mask, training=True)
    expected = np.mean([overlap(row[counts], layer) for row, counts in zip(x, mask, strict=True) if counts.any()])
    np.testing.assert_allclose(layer.losses, [0.5 * expected], rtol=1e-12)


@pytest.mark.parametrize(
    ("penalty", "training"), [pytest.param(1.0, False, id="inference"), pytest.param(0.0, True, id="a penalty of 0")]
)
def test_otherwise_there_is_none(penalty: float, training: bool) -> None:
    layer, (x, mask) = drawn(penalty=penalty), bags()
    layer(x, mask=mask, training=training)
    assert layer.losses == []


def test_an_element_of_weight_2_is_two_columns_of_it() -> None:
    x, times = np.random.default_rng(0).normal(size=(1, 3, 4)), [2, 1, 3]
    layer = drawn()
    layer(x, weights=np.array([times], "float64"), training=True)
    np.testing.assert_allclose(layer.losses, [overlap(np.repeat(x[0], times, axis=0), layer)], rtol=1e-12)


def test_may_start_as_the_mean() -> None:
    layer = MultiHopPooling(hops=2, initial="mean", dtype="float64")
    assert_follows(layer, lambda bag: np.tile(bag.mean(axis=0), 2))
