"""The first features."""

from __future__ import annotations

from typing import Any

import keras

from kpool.errors import SpecError
from kpool.ops import Tensor
from kpool.parameters import Count


def truncate(features: Count, **kwargs: Any) -> keras.layers.Layer:
    """The first features only: what is kept of a matryoshka embedding. An `l2_norm` goes behind it.

    Args:
        features: How many; at most as many as there are.

    Shape: (batch, …, more features) -> (batch, …, features)
    Raises: SpecError if there are not so many.
    Source: Kusupati et al. 2022, arXiv:2205.13147, sec. 3.
    """
    return Truncate(features, **kwargs)


@keras.saving.register_keras_serializable("kpool")
class Truncate(keras.layers.Layer):
    """x[…, :features]"""

    def __init__(self, features: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True
        self.features = features

    def call(self, inputs: Tensor) -> Tensor:
        self.compute_output_shape(inputs.shape)
        return inputs[..., : self.features]

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        if input_shape[-1] is not None and input_shape[-1] < self.features:
            raise SpecError(f"truncate({self.features}) of {input_shape[-1]} features: there are not so many")
        return (*input_shape[:-1], self.features)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "features": self.features}
