"""x / √(mean x² + ε) · scale"""

from __future__ import annotations

import numpy as np
import pytest

import kpool

X = np.random.default_rng(0).normal(size=(3, 1, 8)).astype("float32")


@pytest.mark.parametrize("epsilon", [1e-6, 0.5])
def test_follows_the_formula(epsilon: float) -> None:
    x = X[:, 0].astype("float64")
    expected = x / np.sqrt((x**2).mean(-1, keepdims=True) + epsilon)
    np.testing.assert_allclose(kpool.head(f"mean | rms_norm({epsilon})")(X), expected, rtol=1e-5, atol=1e-6)


def test_scale_is_learned() -> None:
    head = kpool.head("mean | rms_norm")
    head.build(X.shape)
    assert [w.shape for w in head.trainable_weights] == [(8,)]


def test_epsilon_is_positive() -> None:
    with pytest.raises(kpool.SpecError, match="rms_norm: epsilon must be float > 0, not 0"):
        kpool.head("mean | rms_norm(0)")
