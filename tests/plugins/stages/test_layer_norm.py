"""Each example's features brought to mean 0 and variance 1."""

from __future__ import annotations

import numpy as np
import pytest

import kpool

X = np.random.default_rng(0).normal(size=(3, 1, 8)).astype("float32")


def oracle(x: np.ndarray, epsilon: float) -> np.ndarray:
    return (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + epsilon)


@pytest.mark.parametrize("epsilon", [0.001, 0.5])
def test_follows_the_formula(epsilon: float) -> None:
    expected = oracle(X[:, 0].astype("float64"), epsilon)
    np.testing.assert_allclose(kpool.head(f"mean | layer_norm({epsilon})")(X), expected, rtol=1e-5, atol=1e-6)


def test_scale_and_shift_are_learned() -> None:
    head = kpool.head("mean | layer_norm")
    head.build(X.shape)
    assert [w.shape for w in head.trainable_weights] == [(8,), (8,)]


def test_epsilon_is_positive() -> None:
    with pytest.raises(kpool.SpecError, match="layer_norm: epsilon must be float > 0, not 0"):
        kpool.head("mean | layer_norm(0)")
