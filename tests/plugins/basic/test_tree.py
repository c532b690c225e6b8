"""y = f_0(x);  f_m(x) = σ(ω_mᵀx) f_2m+1(x) + (1 − σ(ω_mᵀx)) f_2m+2(x) at a gate,  f_m(x) = v_mᵀx at a leaf"""

from __future__ import annotations

import numpy as np
import pytest

from kpool.errors import SpecError
from kpool_plugins.basic.tree import TreePooling

X = np.random.default_rng(0).normal(size=(2, 6, 4, 3))


def oracle(bag: np.ndarray, layer: TreePooling, places: np.ndarray | None = None) -> np.ndarray:
    """Of a window's counted elements, which stand at the given places of it, at all if none are given."""
    answers = []
    for f, column in enumerate(bag.T):
        own = (slice(None) if places is None else places, f if layer.per_channel else 0)
        level = [column @ leaf[own] for leaf in np.asarray(layer.v)]
        gates = [1 / (1 + np.exp(-(column @ gate[own]))) for gate in np.asarray(layer.ω)] if layer.gates else []
        while len(level) > 1:  # from the leaves to the root
            above = gates[len(level) // 2 - 1 : len(level) - 1]
            level = [a * level[2 * i] + (1 - a) * level[2 * i + 1] for i, a in enumerate(above)]
        answers.append(level[0])
    return np.array(answers)


@pytest.mark.parametrize("per_channel", [pytest.param(False, id="one tree"), pytest.param(True, id="one a feature")])
@pytest.mark.parametrize("depth", [pytest.param(1, id="a leaf"), pytest.param(2, id="a gate"), 4])
def test_follows_the_formula(depth: int, per_channel: bool) -> None:
    layer = TreePooling(depth, per_channel, over="window([3, 2])", dtype="float64")
    layer.build((None, None, None, 3))
    rng = np.random.default_rng(1)
    layer.set_weights([rng.normal(size=w.shape) for w in layer.weights])
    mask = rng.random(X.shape[:3]) < 0.7
    mask[:, :3, :2] = False
    given = layer(X, mask=mask)
    for b, i, j in np.ndindex(2, 2, 2):
        window, counted = (a[b, 3 * i : 3 * i + 3, 2 * j : 2 * j + 2].reshape(6, *a.shape[3:]) for a in (X, mask))
        expected = oracle(window[counted], layer, np.flatnonzero(counted)) if counted.any() else np.zeros(3)
        np.testing.assert_allclose(given[b, i, j], expected, rtol=1e-12, atol=1e-14)


def test_leaves_start_unequal_and_as_averages() -> None:
    layer = TreePooling(depth=8, per_channel=True, over="window(2)")
    layer.build((None, None, 500))
    v = np.asarray(layer.v)
    assert np.mean(v) == pytest.approx(1 / 2, abs=0.01)
    assert np.min(v) >= 0
    assert np.ptp(v[:, 0, 0]) > 0.5


def test_is_for_windows_only() -> None:
    with pytest.raises(SpecError, match="tree"):
        TreePooling(over="everything")
