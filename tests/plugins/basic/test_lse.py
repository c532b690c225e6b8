"""y = (1/r) log(Σ exp(r x) / n)"""

from __future__ import annotations

import functools

import numpy as np
import pytest

from kpool.errors import SpecError
from kpool_plugins.basic.lse import LSEPooling

from ..rows import assert_follows

X = np.random.default_rng(0).normal(size=(2, 9, 4)).astype("float32")


def oracle(bag: np.ndarray, layer: LSEPooling) -> np.ndarray:
    r = float(layer.r)
    return np.log(np.mean(np.exp(r * bag), axis=0)) / r


@pytest.mark.parametrize("r", [0.5, 10])
@pytest.mark.parametrize("trainable", [pytest.param(False, id="constant"), pytest.param(True, id="learned")])
def test_follows_the_formula(r: float, trainable: bool) -> None:
    layer = LSEPooling(r, trainable=trainable, dtype="float64")
    assert_follows(layer, functools.partial(oracle, layer=layer))


def test_limits() -> None:
    np.testing.assert_allclose(LSEPooling(1e-3)(X), X.mean(1), atol=2e-3)
    np.testing.assert_allclose(LSEPooling(1e3)(X), X.max(1), atol=np.log(9) / 1e3 + 1e-6)


@pytest.mark.parametrize("size", [pytest.param(1e4, id="exp overflows"), pytest.param(-1e4, id="exp vanishes")])
def test_is_shifted(size: float) -> None:
    np.testing.assert_allclose(LSEPooling(1)(X + np.float32(size)), LSEPooling(1)(X) + size, atol=2e-3)


def test_nan_is_not_lost() -> None:
    assert np.isnan(LSEPooling()(np.array([[[1], [np.nan]]], "float32")))


@pytest.mark.parametrize("r", [pytest.param(0, id="the mean, by another name"), pytest.param(-1, id="negative")])
def test_r_is_positive(r: float) -> None:
    with pytest.raises(SpecError, match=f"lse: r must be float > 0, not {r}"):
        LSEPooling(r)
