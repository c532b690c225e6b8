"""y = x_j*,  j* = argmax_j vᵀ mean_t relu(W ∗ x_j + b),  x_j = the j-th elements of all windows"""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from kpool.errors import SpecError
from kpool_plugins.vision.lps import LPSPooling

X = np.random.default_rng(0).normal(size=(6, 8, 6, 3))


def built(shape: tuple[int, ...] = X.shape, **arguments: object) -> LPSPooling:
    layer = LPSPooling(dtype="float64", **arguments)
    layer.build(shape)
    rng = np.random.default_rng(1)
    layer.set_weights([rng.normal(size=w.shape) for w in layer.weights])
    return layer


def score(x: np.ndarray, layer: LPSPooling) -> float:
    """Of one component of one example, (rows, cols, features)."""
    kernel = np.asarray(layer.W)
    h = np.asarray(layer.b) + sum(
        np.roll(x, (1 - a, 1 - b), axis=(0, 1)) @ kernel[a, b] for a, b in itertools.product(range(3), repeat=2)
    )
    return float(np.maximum(h, 0).mean(axis=(0, 1)) @ np.asarray(layer.v)[:, 0])


@pytest.mark.parametrize("units", [None, 5])
def test_follows_the_formula(units: int | None) -> None:
    layer, starts = built(units=units), list(itertools.product(range(2), repeat=2))
    chosen = [max(starts, key=lambda s: score(x[s[0] :: 2, s[1] :: 2], layer)) for x in X]
    np.testing.assert_array_equal(layer(X), [x[a::2, b::2] for x, (a, b) in zip(X, chosen, strict=True)])
    assert len(set(chosen)) > 1


def test_every_circular_shift_shifts_the_answer_or_leaves_it() -> None:
    layer = built()
    expected = np.asarray(layer(X))
    grids = list(itertools.product(range(4), range(3)))
    for shift in itertools.product(range(8), range(6)):
        given = np.asarray(layer(np.roll(X, shift, axis=(1, 2))))
        for one, other in zip(given, expected, strict=True):
            assert any(np.array_equal(one, np.roll(other, grid, axis=(0, 1))) for grid in grids)


def test_training_mixes_the_components_and_a_low_temperature_picks_one() -> None:
    mixed, picked = (np.asarray(built(temperature=t, seed=0)(X, training=True)) for t in (1.0, 1e-4))
    parts = np.stack([X[:, a::2, b::2] for a, b in itertools.product(range(2), repeat=2)])
    np.testing.assert_allclose(np.abs(parts - picked).reshape(4, 6, -1).max(axis=-1).min(axis=0), 0, atol=1e-6)
    assert np.abs(parts - mixed).reshape(4, 6, -1).max(axis=-1).min() > 1e-3
    assert np.all(mixed >= parts.min(axis=0) - 1e-12)


def test_a_component_without_elements_is_never_chosen() -> None:
    x = np.ones((1, 4, 1))
    for wanted in (0, 1):
        layer = LPSPooling()
        layer.build(x.shape)
        mask = np.arange(4).reshape(1, 4) % 2 == wanted
        np.testing.assert_array_equal(layer(x, mask=mask), np.ones((1, 2, 1)))


def test_windows_neither_overlap_nor_leave_gaps() -> None:
    with pytest.raises(SpecError, match="lps takes windows with strides of their size"):
        LPSPooling(over="window(3, strides=2)").build((None, 8, 3))
