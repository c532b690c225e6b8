"""Dropout, in training only."""

from __future__ import annotations

from typing import Annotated, Any

import keras
from annotated_types import Interval


def dropout(
    rate: Annotated[float, Interval(ge=0, lt=1)] = 0.5, seed: int | None = None, **kwargs: Any
) -> keras.layers.Layer:
    """Sets a share of the features to 0 and scales the others up, in training only.

    Args:
        rate: The share.
        seed: Of the draw; Keras's global seed if none is given.

    Shape: (batch, …) -> the same
    """
    return keras.layers.Dropout(rate, seed=seed, **kwargs)
