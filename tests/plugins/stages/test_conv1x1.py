"""activation(W x + b) at every position"""

from __future__ import annotations

import keras
import numpy as np
import pytest

import kpool

X = np.random.default_rng(0).normal(size=(3, 4, 5, 6)).astype("float32")
MASK = np.random.default_rng(1).random((3, 4, 5)) < 0.6


def test_is_a_convolution_of_size_1() -> None:
    head, conv = kpool.head("conv1x1(2, activation=relu) | max"), keras.layers.Conv2D(2, 1, activation="relu")
    head.build(X.shape)
    conv.build(X.shape)
    kernel, bias = head.get_weights()
    conv.set_weights([kernel[None, None], bias])
    np.testing.assert_allclose(head(X), np.max(conv(X), axis=(1, 2)), rtol=1e-5, atol=1e-6)


def test_what_does_not_count_is_not_pooled_behind_it() -> None:
    head = kpool.head("conv1x1(2) | mean")
    head.build(X.shape)
    kernel, bias = head.get_weights()
    head.set_weights([kernel, bias + 1])
    y = head(np.where(MASK[..., None], X, np.nan).astype("float32"), mask=MASK)
    expected = [(x[counts] @ kernel + bias + 1).mean(axis=0) for x, counts in zip(X, MASK, strict=True)]
    np.testing.assert_allclose(y, expected, rtol=1e-5, atol=1e-6)


def test_has_units() -> None:
    with pytest.raises(kpool.SpecError, match="conv1x1: units must be int ≥ 1, not 0"):
        kpool.head("conv1x1(0) | mean")
