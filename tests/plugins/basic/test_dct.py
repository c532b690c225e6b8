"""c_0 = Σ x_t / √n,  c_j = √(2/n) Σ x_t cos(π (t + ½) j / n), and 0 where j ≥ n"""

from __future__ import annotations

import functools
import math

import numpy as np
import pytest

from kpool.errors import SpecError
from kpool_plugins.basic.dct import DCTPooling
from kpool_plugins.basic.sqrt_mean import SqrtMeanPooling

from ..rows import assert_follows


def oracle(bag: np.ndarray, layer: DCTPooling) -> np.ndarray:
    n = len(bag)
    c = np.zeros((layer.k, bag.shape[1]))
    for j in range(min(layer.k, n)):
        for t, x in enumerate(bag):
            c[j] += math.sqrt((2 if j else 1) / n) * x * math.cos(math.pi * (t + 0.5) * j / n)
    return c.ravel()


@pytest.mark.parametrize(
    "k",
    [pytest.param(1, id="one"), pytest.param(4, id="some"), pytest.param(12, id="more than there are: zeros behind")],
)
def test_follows_the_formula(k: int) -> None:
    layer = DCTPooling(k, dtype="float64")
    assert_follows(layer, functools.partial(oracle, layer=layer))


def test_the_first_is_the_mean_times_root_n() -> None:
    x = np.random.default_rng(0).normal(size=(2, 9, 4)).astype("float32")
    np.testing.assert_allclose(DCTPooling(1)(x), SqrtMeanPooling()(x), rtol=1e-6)


@pytest.mark.parametrize("n", [1, 2, 7, 16])
def test_all_of_them_turn_the_elements(n: int) -> None:
    """An orthonormal basis keeps lengths and angles."""
    x = np.random.default_rng(0).normal(size=(1, n, 3))
    c = np.reshape(DCTPooling(n, dtype="float64")(x), (n, 3))
    np.testing.assert_allclose(c.T @ c, x[0].T @ x[0], rtol=1e-12)


def test_late_cosines_of_a_long_bag_keep_their_digits() -> None:
    n, k = 20_000, 64
    x = np.cos(np.pi * (np.arange(n) + 0.5) * (k - 1) / n).astype("float32")
    given = np.asarray(DCTPooling(k)(x[None, :, None]))[0]
    np.testing.assert_allclose(given, np.eye(k)[-1] * math.sqrt(n / 2), atol=1e-6 * math.sqrt(n / 2))


def test_there_is_at_least_one() -> None:
    with pytest.raises(SpecError, match="dct: k must be int ≥ 1, not 0"):
        DCTPooling(0)
