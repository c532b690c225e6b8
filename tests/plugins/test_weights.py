"""Weights are multiplicities: an element of weight 2 counts as if it stood twice."""

from __future__ import annotations

import numpy as np
import pytest

import kpool

X = np.random.default_rng(0).normal(size=(1, 5, 4)).astype("float32")
WEIGHTS = np.array([[2, 0, 1, 3, 1]], "float32")

MULTIPLICITIES = ["mean", "std", "stats", "gem", "lse", "softmax", "attention", "dot_attention(queries=2)"]


@pytest.mark.parametrize("spec", [*MULTIPLICITIES, "sum", "sqrt_mean", "std(ddof=1)"])
def test_weights_repeat_within_a_window(spec: str) -> None:
    """Over everything, the kit says so of every strategy."""
    whole, local = kpool.pool(spec), kpool.pool(f"{spec.rstrip(')')}{', ' if '(' in spec else '('}over=window(5))")
    local.build(X.shape)
    whole.build(X.shape)
    local.set_weights(whole.get_weights())
    np.testing.assert_allclose(local(X, weights=WEIGHTS)[:, 0], whole(X, weights=WEIGHTS), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("spec", MULTIPLICITIES)
def test_only_ratios_of_weights_matter_to_a_mean(spec: str) -> None:
    layer = kpool.pool(spec)
    np.testing.assert_allclose(layer(X, weights=WEIGHTS), layer(X, weights=WEIGHTS / 8), rtol=1e-5, atol=1e-6)


CHOOSING = ["dct", "gru", "k_max", "lstm", "median", "min_max", "quantile", "top_k"]


@pytest.mark.parametrize("name", CHOOSING)
def test_weights_that_only_choose(name: str) -> None:
    layer = kpool.pool(name)
    np.testing.assert_allclose(layer(X, weights=WEIGHTS), layer(X[:, WEIGHTS[0] > 0]), rtol=1e-5, atol=1e-6)
