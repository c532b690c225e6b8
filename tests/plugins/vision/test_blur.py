"""y = Σ_j b_j x_j / Σ_j b_j,  b = ⊗ of C(n − 1, i) along every axis of n positions"""

from __future__ import annotations

import numpy as np
import pytest

import kpool
from kpool.errors import SpecError
from kpool_plugins.vision.blur import BlurPooling

X = np.random.default_rng(0).normal(size=(2, 6, 8, 3))


@pytest.mark.parametrize("size", [pytest.param(3, id="timm's"), pytest.param(4, id="the authors'")])
def test_follows_the_formula(size: int) -> None:
    b = np.poly1d([1, 1]) ** (size - 1)
    kernel = np.outer(b.coeffs, b.coeffs) / 4 ** (size - 1)
    given = BlurPooling(over=f"window({size}, strides=2)", dtype="float64")(X)
    for row, col in np.ndindex(2, 3):
        patch = X[:, 2 * row : 2 * row + size, 2 * col : 2 * col + size]
        expected = np.einsum("brcf,rc->bf", patch, kernel)
        np.testing.assert_allclose(given[:, row, col], expected, rtol=1e-12, atol=1e-14)


def test_shares_the_weights_of_what_does_not_count() -> None:
    x, mask = np.array([[[1.0], [10], [100]]]), np.array([[True, False, True]])
    layer = BlurPooling(over="window(3)", dtype="float64")
    np.testing.assert_allclose(layer(x, mask=mask), [[[50.5]]])
    np.testing.assert_allclose(layer(x, mask=~mask), [[[10]]])


def test_a_constant_keeps_its_value_at_the_borders() -> None:
    np.testing.assert_allclose(BlurPooling()(np.full((1, 5, 5, 2), 3.0)), np.full((1, 3, 3, 2), 3.0))


def test_two_positions_are_the_mean() -> None:
    np.testing.assert_allclose(kpool.pool("blur(over=window(2))")(X), kpool.pool("mean(over=window(2))")(X), atol=1e-6)


def test_only_over_windows() -> None:
    with pytest.raises(SpecError, match="blur pools over window only"):
        BlurPooling(over="everything")
