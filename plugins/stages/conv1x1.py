"""A fully connected layer at every position."""

from __future__ import annotations

from typing import Any

import keras

from kpool.parameters import Activation, Count


def conv1x1(
    units: Count, activation: Activation = "linear", use_bias: bool = True, **kwargs: Any
) -> keras.layers.Layer:
    """A convolution of size 1, by which every position is projected before it is pooled: `conv1x1(64) | gem`.

    It keeps the mask, and gives what `dense` gives: Keras's convolutions drop masks, its Dense does not.

    Args:
        units: The width of the answer.
        activation: One of Keras's, by name.
        use_bias: Whether there is a b.

    Shape: (batch, *positions, features) -> (batch, *positions, units)
    Source: Lin et al. 2013, arXiv:1312.4400, sec. 3.1.
    """
    return keras.layers.Dense(units, activation=activation, use_bias=use_bias, **kwargs)
