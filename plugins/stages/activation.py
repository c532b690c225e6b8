"""One of Keras's activations."""

from __future__ import annotations

from typing import Any

import keras

from kpool.parameters import Activation


def activation(function: Activation, **kwargs: Any) -> keras.layers.Layer:
    """One of Keras's activations.

    Args:
        function: Its name.

    Shape: (batch, …) -> the same
    """
    return keras.layers.Activation(function, **kwargs)
