"""Batch normalisation."""

from __future__ import annotations

from typing import Annotated, Any

import keras

from kpool.parameters import Between, Positive


def batch_norm(
    momentum: Annotated[float, Between(0, 1)] = 0.99, epsilon: Positive = 0.001, **kwargs: Any
) -> keras.layers.Layer:
    """Each feature brought to mean 0 and variance 1 over the batch, then scaled and shifted by weights.

    At inference the moving averages of training are used, so no example depends on another.

    Args:
        momentum: Of the moving averages.
        epsilon: Added to the variance.

    Shape: (batch, …, features) -> the same
    Source: Ioffe & Szegedy 2015, arXiv:1502.03167, alg. 1.
    """
    return keras.layers.BatchNormalization(momentum=momentum, epsilon=epsilon, **kwargs)
