"""Weights are multiplicities: an element of weight 2 counts as if it stood twice."""

from __future__ import annotations

import numpy as np
import pytest

import kpool

X = np.random.default_rng(0).normal(size=(1, 5, 4)).astype("float32")
TIMES = [2, 0, 1, 3, 1]
WEIGHTS = np.array([TIMES], "float32")

MULTIPLICITIES = [
    "mean", "sum", "sqrt_mean", "std", "std(ddof=1)", "stats", "gem", "gem(p=3, trainable=false)", "lse", "softmax",
    "attention", "gated_attention", "dot_attention(queries=2, projections=true)",
]  # fmt: skip
COUNTS_OR_NOT = ["max", "min", "first", "last", "top_k(k=2)", "top_k(k=0.5)"]


@pytest.mark.parametrize("spec", MULTIPLICITIES)
def test_whole_weights_repeat(spec: str) -> None:
    layer = kpool.pool(spec)
    np.testing.assert_allclose(layer(X, weights=WEIGHTS), layer(np.repeat(X, TIMES, axis=1)), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("spec", MULTIPLICITIES)
def test_weights_repeat_within_a_window(spec: str) -> None:
    whole, local = kpool.pool(spec), kpool.pool(f"{spec.rstrip(')')}{', ' if '(' in spec else '('}over=window(5))")
    local.build(X.shape)
    whole.build(X.shape)
    local.set_weights(whole.get_weights())
    np.testing.assert_allclose(local(X, weights=WEIGHTS)[:, 0], whole(X, weights=WEIGHTS), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("spec", [s for s in MULTIPLICITIES if s not in ("sum", "sqrt_mean", "std(ddof=1)")])
def test_only_ratios_of_weights_matter_to_a_mean(spec: str) -> None:
    layer = kpool.pool(spec)
    np.testing.assert_allclose(layer(X, weights=WEIGHTS), layer(X, weights=WEIGHTS / 8), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("spec", COUNTS_OR_NOT)
def test_elsewhere_a_weight_only_says_whether_an_element_counts(spec: str) -> None:
    layer = kpool.pool(spec)
    np.testing.assert_array_equal(layer(X, weights=WEIGHTS), layer(X, mask=WEIGHTS > 0))


def test_every_strategy_is_in_one_list() -> None:
    ours = {name for name, c in kpool.strategies().items() if c.target.startswith("kpool_plugins.")}
    assert {spec.partition("(")[0] for spec in MULTIPLICITIES + COUNTS_OR_NOT} == ours
