"""Layer normalisation."""

from __future__ import annotations

from typing import Any

import keras

from kpool.parameters import Positive


def layer_norm(epsilon: Positive = 0.001, **kwargs: Any) -> keras.layers.Layer:
    """Each example's features brought to mean 0 and variance 1, then scaled and shifted by weights.

    Args:
        epsilon: Added to the variance.

    Shape: (batch, …, features) -> the same
    Source: Ba et al. 2016, arXiv:1607.06450, eq. 4.
    """
    return keras.layers.LayerNormalization(epsilon=epsilon, **kwargs)
