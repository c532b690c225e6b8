"""y = Σ_j b_j m_j / Σ_j b_j,  m_j = max of the `size` positions about j"""

from __future__ import annotations

import numpy as np

import kpool
from kpool_plugins.vision.max_blur import MaxBlurPooling

X = np.random.default_rng(0).normal(size=(2, 9, 7, 3))
ALONG = [[1, 2, 1], [2, 4, 2], [1, 2, 1]]


def test_follows_the_formula() -> None:
    padded = np.pad(X, [(0, 0), (0, 1), (0, 1), (0, 0)], constant_values=-np.inf)
    dense = np.max([padded[:, a : a + 9, b : b + 7] for a in (0, 1) for b in (0, 1)], axis=0)
    given = MaxBlurPooling(over="window(3, strides=2)", dtype="float64")(X)
    for row, col in np.ndindex(4, 3):
        patch = dense[:, 2 * row : 2 * row + 3, 2 * col : 2 * col + 3]
        np.testing.assert_allclose(given[:, row, col], np.einsum("brcf,rc->bf", patch, ALONG) / 16, rtol=1e-12)


def test_a_maximum_of_one_is_the_blur() -> None:
    np.testing.assert_array_equal(kpool.pool("max_blur(size=1)")(X), kpool.pool("blur")(X))


def test_what_does_not_count_enters_no_maximum_and_has_none() -> None:
    x, mask = np.array([[[1.0], [9], [2], [4]]]), np.array([[True, False, True, True]])
    given = MaxBlurPooling(over="window(4)", dtype="float64")(x, mask=mask)
    np.testing.assert_allclose(given, [[[(1 * 1 + 3 * 4 + 1 * 4) / 5]]])


def test_a_shift_moves_it_less_than_max_pooling() -> None:
    def moved(spec: str) -> float:
        layer = kpool.pool(spec)
        x = np.random.default_rng(1).normal(size=(4, 64, 5))
        return float(np.abs(np.asarray(layer(x[:, 1:-1])) - np.asarray(layer(x[:, 2:]))).mean())

    assert moved("max_blur(over=window(5, strides=2))") < 0.6 * moved("max(over=window(2, strides=2))")
