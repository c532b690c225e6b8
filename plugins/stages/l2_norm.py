"""Scales to unit length; 0 stays 0."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops as kops

from kpool import ops
from kpool.ops import Tensor


def l2_norm(**kwargs: Any) -> keras.layers.Layer:
    """Scales the features to unit length: x / ‖x‖₂, and 0 (with gradient 0) for x = 0.

    The norm is taken in float32 after the largest |x| is divided out: no half vector overflows, none vanishes.

    Shape: (batch, …, features) -> the same
    """
    return L2Normalization(**kwargs)


@keras.saving.register_keras_serializable("kpool")
class L2Normalization(keras.layers.Layer):
    """x / ‖x‖₂ along the last axis."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True

    def call(self, inputs: Tensor) -> Tensor:
        x = kops.cast(inputs, ops.accumulator(self.compute_dtype))
        return kops.cast(ops.unit(x), self.compute_dtype)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        # Keras (3.15.1) writes none by itself for a layer that was given a dtype policy, as a head gives it
        return {**super().get_config()}
