"""y = (Σ |x|^p)^(1/p)"""

from __future__ import annotations

import functools

import numpy as np
import pytest

from kpool.errors import SpecError
from kpool_plugins.basic.gem import GeMPooling
from kpool_plugins.basic.lp import LpPooling

from ..rows import assert_follows

X = np.random.default_rng(0).normal(size=(2, 9, 4)).astype("float32")


def oracle(bag: np.ndarray, layer: LpPooling) -> np.ndarray:
    return np.sum(np.abs(bag) ** layer.p, axis=0) ** (1 / layer.p)


@pytest.mark.parametrize(
    "p",
    [
        pytest.param(1.0, id="the sum of magnitudes"),
        pytest.param(2.0, id="Euclid's"),
        pytest.param(3.0, id="odd: signs do not cancel"),
        pytest.param(2.5, id="a power"),
        pytest.param(64.0, id="largest"),
    ],
)
def test_follows_the_formula(p: float) -> None:
    layer = LpPooling(p, dtype="float64")
    assert_follows(layer, functools.partial(oracle, layer=layer))


def test_limits() -> None:
    np.testing.assert_allclose(LpPooling(1.0)(X), np.abs(X).sum(1), rtol=1e-6)
    np.testing.assert_allclose(LpPooling(2.0)(X), np.linalg.norm(X, axis=1), rtol=1e-6)
    assert np.all(LpPooling(64.0)(X) <= 9 ** (1 / 64) * np.abs(X).max(1) * (1 + 1e-6))
    assert np.all(LpPooling(64.0)(X) >= np.abs(X).max(1) * (1 - 1e-6))


def test_is_gem_but_for_the_number_of_elements() -> None:
    positive = np.abs(X) + 0.1
    np.testing.assert_allclose(LpPooling(3.0)(positive), 9 ** (1 / 3) * GeMPooling(3.0)(positive), rtol=1e-6)


@pytest.mark.parametrize("size", [pytest.param(1e30, id="squares overflow"), pytest.param(1e-30, id="squares vanish")])
def test_is_exact_for_any_size(size: float) -> None:
    x = (X * size).astype("float32")
    np.testing.assert_allclose(LpPooling()(x), np.linalg.norm(x.astype("float64"), axis=1), rtol=1e-6)


def test_p_has_bounds() -> None:
    with pytest.raises(SpecError, match=r"lp: p must be float in \[1, 64\], not 0.5"):
        LpPooling(0.5)
