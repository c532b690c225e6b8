"""y = a max x + (1 − a) Σ x / n,  a = σ(ωᵀx)"""

from __future__ import annotations

import numpy as np
import pytest

from kpool.errors import SpecError
from kpool_plugins.basic.gated import GatedPooling

X = np.random.default_rng(0).normal(size=(2, 6, 4, 3))


def oracle(bag: np.ndarray, layer: GatedPooling, places: np.ndarray | None = None) -> np.ndarray:
    """Of a window's counted elements, which stand at the given places of it, at all if none are given."""
    answers = []
    for f, column in enumerate(bag.T):
        ω = np.asarray(layer.ω)[:, f if layer.per_channel else 0]
        a = 1 / (1 + np.exp(-np.dot(ω if places is None else ω[places], column)))
        answers.append(a * max(column) + (1 - a) * sum(column) / len(column))
    return np.array(answers)


@pytest.mark.parametrize("per_channel", [pytest.param(False, id="one gate"), pytest.param(True, id="one a feature")])
def test_follows_the_formula(per_channel: bool) -> None:
    layer = GatedPooling(per_channel, over="window([3, 2])", dtype="float64")
    layer.build((None, None, None, 3))
    layer.ω.assign(np.random.default_rng(1).normal(size=layer.ω.shape))
    mask = np.random.default_rng(2).random(X.shape[:3]) < 0.7
    mask[:, :3, :2] = False
    mask[:, 3:, 2:] = True
    given = layer(X, mask=mask)
    for b, i, j in np.ndindex(2, 2, 2):
        window, counted = (a[b, 3 * i : 3 * i + 3, 2 * j : 2 * j + 2].reshape(6, *a.shape[3:]) for a in (X, mask))
        expected = oracle(window[counted], layer, np.flatnonzero(counted)) if counted.any() else np.zeros(3)
        np.testing.assert_allclose(given[b, i, j], expected, rtol=1e-12)


@pytest.mark.parametrize("dilation", [1, 2])
def test_is_half_and_half_at_first(dilation: int) -> None:
    x = X[:, :, 0]
    given = GatedPooling(over=f"window(2, strides=1, dilation={dilation})", dtype="float64")(x)
    pairs = np.stack([x[:, :-dilation], x[:, dilation:]])
    np.testing.assert_allclose(given, (pairs.max(0) + pairs.mean(0)) / 2, rtol=1e-12)


def test_is_for_windows_only() -> None:
    with pytest.raises(SpecError, match="gated"):
        GatedPooling(over="everything")
