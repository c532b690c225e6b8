"""y = Σ softmax(t x) · x"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import pytest

from kpool.errors import SpecError
from kpool_plugins.basic.softmax import SoftmaxPooling

from ..rows import assert_follows

X = np.random.default_rng(0).normal(size=(2, 9, 4)).astype("float32")


def oracle(bag: np.ndarray, layer: SoftmaxPooling) -> np.ndarray:
    e = np.exp(np.asarray(layer.t) * bag)
    return np.sum(e * bag, axis=0) / np.sum(e, axis=0)


@pytest.mark.parametrize("t", [pytest.param(1, id="SoftPool"), pytest.param(-2.5, id="leans to the min")])
@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param({}, id="constant"),
        pytest.param({"trainable": True}, id="learned"),
        pytest.param({"trainable": True, "per_channel": True}, id="AutoPool"),
    ],
)
def test_follows_the_formula(t: float, arguments: dict[str, Any]) -> None:
    layer = SoftmaxPooling(t, dtype="float64", **arguments)
    assert_follows(layer, functools.partial(oracle, layer=layer))


@pytest.mark.parametrize(
    ("t", "limit"),
    [
        pytest.param(0, np.mean, id="0 is the mean"),
        pytest.param(1e4, np.max, id="large is the max"),
        pytest.param(-1e4, np.min, id="far below 0 is the min"),
    ],
)
def test_limits(t: float, limit: Any) -> None:
    np.testing.assert_allclose(SoftmaxPooling(t)(X), limit(X, axis=1), rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("size", [pytest.param(1e4, id="exp overflows"), pytest.param(-1e4, id="exp vanishes")])
def test_is_shifted(size: float) -> None:
    np.testing.assert_allclose(SoftmaxPooling()(X + np.float32(size)), SoftmaxPooling()(X) + size, atol=2e-3)


def test_temperature_is_a_number() -> None:
    with pytest.raises(SpecError, match="softmax: temperature must be float"):
        SoftmaxPooling("hot")
