"""y = (σ(a (p̄ − b)) − σ(−a b)) / (σ(a (1 − b)) − σ(−a b))"""

from __future__ import annotations

import numpy as np
import pytest

from kpool_plugins.instances.noisy_and import NoisyAndPooling

from ..rows import assert_follows


def sigmoid(z: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-z))


def oracle(p: np.ndarray, layer: NoisyAndPooling) -> np.ndarray:
    a, b, share = layer.a, np.asarray(layer.b, "float64"), np.clip(p, 0, 1).mean(axis=0)
    return (sigmoid(a * (share - b)) - sigmoid(-a * b)) / (sigmoid(a * (1 - b)) - sigmoid(-a * b))


@pytest.mark.parametrize("a", [1e-2, 10.0, 50.0])
def test_follows_the_formula(a: float) -> None:
    layer = NoisyAndPooling(a=a, dtype="float64")
    layer.build((None, None, 4))
    layer.b.assign([0.0, 0.3, 0.5, 1.0])
    assert_follows(layer, lambda p: oracle(p, layer))


def test_none_is_0_and_all_is_1() -> None:
    layer = NoisyAndPooling()
    for all_of_them in (0.0, 1.0):
        np.testing.assert_array_equal(layer(np.full((1, 7, 4), all_of_them, "float32")), np.full((1, 4), all_of_them))


def test_a_small_share_keeps_its_digits() -> None:
    """The difference of the two sigmoids, each about 1/2, would leave none."""
    layer = NoisyAndPooling()
    layer.build((None, None, 1))
    layer.b.assign([0.0])
    expected = np.tanh(5e-9) / np.tanh(5)
    np.testing.assert_allclose(layer(np.full((1, 4, 1), 1e-9, "float32")), [[expected]], rtol=1e-6)
