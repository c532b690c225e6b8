"""Training: y = x_i, i ~ x_i / Σ x;  inference: y = Σ x² / Σ x"""

from __future__ import annotations

import numpy as np
import pytest

from kpool_plugins.vision.stochastic import StochasticPooling

from ..rows import assert_follows

X = np.array([1.0, 2, 0, 5, -3])


def oracle(x: np.ndarray, layer: StochasticPooling) -> np.ndarray:
    x = np.maximum(x, 0)
    return (x * x).sum(axis=0) / np.where(x.sum(axis=0) > 0, x.sum(axis=0), 1)


def test_follows_the_formula() -> None:
    layer = StochasticPooling(dtype="float64")
    assert_follows(layer, lambda x: oracle(x, layer))


@pytest.mark.parametrize("scale", [1e-30, 1e30])
def test_squares_neither_underflow_nor_overflow(scale: float) -> None:
    x = (scale * X.reshape(1, 5, 1)).astype("float32")
    np.testing.assert_allclose(StochasticPooling()(x), [[30 / 8 * scale]], rtol=1e-6)


@pytest.mark.parametrize(
    ("weights", "expected"),
    [
        pytest.param(None, [1 / 8, 2 / 8, 5 / 8], id="in proportion to the values"),
        pytest.param([3, 2, 1, 1, 1], [3 / 12, 4 / 12, 5 / 12], id="as often as they count"),
        pytest.param([1, 1, 1, 0, 1], [1 / 3, 2 / 3, 0], id="never what does not count"),
    ],
)
def test_draws(weights: list[float] | None, expected: list[float]) -> None:
    n = 20_000
    x = np.broadcast_to(X.reshape(1, 5, 1), (1, 5, n))
    given = np.asarray(StochasticPooling(seed=0)(x, weights=None if weights is None else [weights], training=True))
    np.testing.assert_allclose([(given == value).mean() for value in (1, 2, 5)], expected, atol=0.015)
    assert np.isin(given, [1, 2, 5]).all()


def test_draws_within_windows_that_overlap() -> None:
    x = np.broadcast_to(X[:4].reshape(1, 4, 1), (1, 4, 20_000))
    given = np.asarray(StochasticPooling(seed=0, over="window(2, strides=1)")(x, training=True))
    np.testing.assert_allclose((given[0] == 2).mean(axis=-1), [2 / 3, 1, 0], atol=0.015)


def test_nothing_to_draw_from_gives_0() -> None:
    for training in (False, True):
        np.testing.assert_array_equal(StochasticPooling()(-np.ones((2, 5, 3)), training=training), np.zeros((2, 3)))
