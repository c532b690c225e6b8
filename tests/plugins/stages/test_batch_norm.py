"""Each feature brought to mean 0 and variance 1 over the batch."""

from __future__ import annotations

import numpy as np
import pytest

import kpool

X = np.random.default_rng(0).normal(3, 2, size=(64, 1, 4)).astype("float32")


def test_follows_the_formula_in_training() -> None:
    x = X[:, 0].astype("float64")
    expected = (x - x.mean(0)) / np.sqrt(x.var(0) + 0.25)
    pooled = kpool.head("mean | batch_norm(epsilon=0.25)")(X, training=True)
    np.testing.assert_allclose(pooled, expected, rtol=1e-4, atol=1e-5)


def test_moving_averages_follow_the_momentum() -> None:
    head = kpool.head("mean | batch_norm(momentum=0.75)")
    head(X, training=True)
    moving_mean, moving_variance = head.node_1.moving_mean.numpy(), head.node_1.moving_variance.numpy()
    np.testing.assert_allclose(moving_mean, 0.25 * X[:, 0].mean(0), rtol=1e-4)
    np.testing.assert_allclose(moving_variance, 0.75 + 0.25 * X[:, 0].var(0), rtol=1e-4)


def test_no_example_depends_on_another_at_inference() -> None:
    head = kpool.head("mean | batch_norm")
    head(X, training=True)
    np.testing.assert_array_equal(head(X)[:1], head(X[:1]))


def test_momentum_is_a_share() -> None:
    with pytest.raises(kpool.SpecError, match=r"batch_norm: momentum must be float in \[0, 1\], not 2"):
        kpool.head("mean | batch_norm(momentum=2)")
