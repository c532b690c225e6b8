"""Normalisation by the root of the mean square."""

from __future__ import annotations

from typing import Any

import keras

from kpool.parameters import Positive


def rms_norm(epsilon: Positive = 1e-6, **kwargs: Any) -> keras.layers.Layer:
    """Each example's features divided by the root of their mean square, then scaled by weights.

    Args:
        epsilon: Added to the mean square.

    Shape: (batch, …, features) -> the same
    Source: Zhang & Sennrich 2019, arXiv:1910.07467, eq. 4.
    """
    return keras.layers.RMSNormalization(epsilon=epsilon, **kwargs)
