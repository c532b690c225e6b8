"""y_k = log(Σ_h Q_h / Q_k) Σ α x_k,  α = (s / (Σ s^a)^(1/a))^(1/b),  s = max(Σ_k x_k, 0),  Q_k = Σ [x_k > 0] / n"""

from __future__ import annotations

import numpy as np
import pytest

import kpool
from kpool_plugins.vision.crow import CroWPooling

from ..rows import assert_follows


def oracle(x: np.ndarray, layer: CroWPooling) -> np.ndarray:
    s = np.maximum(x.sum(axis=1), 0)
    norm = np.sum(s**layer.a) ** (1 / layer.a)
    α = (s / norm) ** (1 / layer.b) if norm > 0 else s
    responding = np.mean(x > 0, axis=0)
    rarity = np.log([responding.sum() / q if q > 0 else 1.0 for q in responding])
    return rarity * (α @ x)


@pytest.mark.parametrize(
    "arguments", [pytest.param({}, id="roots"), pytest.param({"a": 1.0, "b": 3.0}, id="other powers")]
)
def test_follows_the_formula(arguments: dict[str, float]) -> None:
    layer = CroWPooling(dtype="float64", **arguments)
    assert_follows(layer, lambda x: oracle(x, layer))


def test_a_feature_that_never_responds_gives_0() -> None:
    x = np.abs(np.random.default_rng(0).normal(size=(2, 9, 3))).astype("float32")
    x[..., 1] = 0
    y = np.asarray(kpool.pool("crow")(x))
    assert (y[:, 1] == 0).all()
    assert (y[:, 0] > 0).all()


def test_a_rare_feature_weighs_more() -> None:
    x = np.ones((1, 8, 2), "float32")
    x[0, 1:, 1] = 0  # the sums are 8 and 1
    x[0, 0, 1] = 8
    common, rare = CroWPooling(b=1e6)(x)[0]
    assert rare / common > 8
