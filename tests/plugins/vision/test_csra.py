"""y = Σ s / n + λ Σ softmax(T s) · s"""

from __future__ import annotations

import numpy as np
import pytest

from kpool.errors import SpecError
from kpool_plugins.vision.csra import CSRAPooling

from ..rows import assert_follows, bags


def oracle(x: np.ndarray, layer: CSRAPooling) -> np.ndarray:
    if layer.temperature == "max":
        return x.mean(axis=0) + layer.share * x.max(axis=0)
    e = np.exp(layer.temperature * (x - x.max(axis=0)))
    return x.mean(axis=0) + layer.share * np.sum(e / e.sum(axis=0) * x, axis=0)


@pytest.mark.parametrize("temperature", [1.0, 4.0, "max"])
@pytest.mark.parametrize("share", [pytest.param(0.1, id="default"), pytest.param(0.0, id="the mean")])
def test_follows_the_formula(temperature: float | str, share: float) -> None:
    layer = CSRAPooling(temperature, share, dtype="float64")
    assert_follows(layer, lambda x: oracle(x, layer))


def test_the_max_is_its_limit() -> None:
    x, mask = bags()
    high = CSRAPooling(1e4, 0.3, dtype="float64")(x, mask=mask)
    np.testing.assert_allclose(high, CSRAPooling("max", 0.3, dtype="float64")(x, mask=mask))


def test_the_temperature_is_above_0() -> None:
    with pytest.raises(SpecError, match="csra: temperature must be"):
        CSRAPooling(0.0)
