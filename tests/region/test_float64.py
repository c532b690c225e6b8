"""A layer whose policy is float64 pools in float64, over every region."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import kpool

X = np.random.default_rng(0).normal(size=(2, 6, 8, 3))
MASK = np.arange(6)[:, None] + np.zeros((2, 6, 8)) < np.array([6, 4])[:, None, None]
REGIONS = {
    "everything": None,
    "window(2)": None,
    "window(3, strides=2, padding=same)": None,
    "bins([2, 3])": None,
    "pyramid([1, 2])": None,
    "axis(1)": None,
    "segments(4)": np.arange(48).reshape(6, 8) % 5 - 1 + np.zeros((2, 1, 1), "int64"),
    "boxes(2)": np.array([[[0.5, 0.5, 6.0, 4.5], [0, 0, 0, 0]]] * 2),
    "spans": np.array([[[0, 5], [3, 30]]] * 2),
}


@pytest.mark.parametrize("spec", ["mean", "max", "std", "softmax", "gem", "top_k", "last"])
@pytest.mark.parametrize("region", REGIONS)
def test_every_region(region: str, spec: str) -> None:
    x, mask = (X.reshape(2, 48, 3), MASK.reshape(2, 48)) if region == "spans" else (X, MASK)
    given: dict[str, Any] = {} if REGIONS[region] is None else {"regions": REGIONS[region]}
    single, double = (made(spec, region, dtype)(x, mask=mask, **given) for dtype in ("float32", "float64"))
    assert double.dtype == "float64"
    np.testing.assert_allclose(double, single, rtol=1e-4, atol=1e-5)


def made(spec: str, region: str, dtype: str) -> kpool.Pooling:
    layer = kpool.pool(spec)
    return type(layer).from_config({**layer.get_config(), "dtype": dtype, "over": region})
