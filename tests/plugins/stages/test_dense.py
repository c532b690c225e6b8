"""activation(W x + b)"""

from __future__ import annotations

import numpy as np
import pytest

import kpool

X = np.random.default_rng(0).normal(size=(3, 5, 4)).astype("float32")


def test_follows_the_formula() -> None:
    head = kpool.head("mean | dense(2, activation=relu)")
    pooled = head(X)
    kernel, bias = head.get_weights()
    np.testing.assert_allclose(pooled, np.maximum(X.mean(axis=1) @ kernel + bias, 0), rtol=1e-5, atol=1e-6)


def test_bias_may_be_left_out() -> None:
    head = kpool.head("mean | dense(2, use_bias=false)")
    head.build(X.shape)
    assert [w.shape for w in head.weights] == [(4, 2)]


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        pytest.param("dense(0)", "dense: units must be int ≥ 1, not 0", id="no units"),
        pytest.param("dense", "units", id="units not given"),
        pytest.param("dense(2, activation=rellu)", "did you mean relu", id="unknown activation"),
    ],
)
def test_errors(spec: str, message: str) -> None:
    with pytest.raises(kpool.SpecError, match=message):
        kpool.head(f"mean | {spec}")
