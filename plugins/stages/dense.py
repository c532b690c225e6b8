"""A fully connected layer."""

from __future__ import annotations

from typing import Any

import keras

from kpool.parameters import Activation, Count


def dense(units: Count, activation: Activation = "linear", use_bias: bool = True, **kwargs: Any) -> keras.layers.Layer:
    """A fully connected layer: activation(W x + b).

    Args:
        units: Its width.
        activation: One of Keras's, by name.
        use_bias: Whether there is a b.

    Shape: (batch, …, features) -> (batch, …, units)
    """
    return keras.layers.Dense(units, activation=activation, use_bias=use_bias, **kwargs)
