"""Fully connected layers, one after the other."""

from __future__ import annotations

from typing import Annotated, Any

import keras
from annotated_types import MinLen

from kpool.errors import SpecError
from kpool.ops import Tensor
from kpool.parameters import Activation, Count


def mlp(
    units: Count | Annotated[list[Count], MinLen(1)],
    activation: Activation = "relu",
    residual: bool = False,
    **kwargs: Any,
) -> keras.layers.Layer:
    """Fully connected layers, an activation behind each.

    Args:
        units: The width of each layer; one number for a single layer.
        activation: One of Keras's, by name.
        residual: Add the input to the answer; the last width must then be the input's.

    Shape: (batch, …, features) -> (batch, …, last units)
    Raises: SpecError if a residual does not fit.
    """
    return MLP([units] if isinstance(units, int) else list(units), activation, residual, **kwargs)


@keras.saving.register_keras_serializable("kpool")
class MLP(keras.layers.Layer):
    """Dense layers on attributes `dense_0`, `dense_1`, …"""

    def __init__(self, units: list[int], activation: str = "relu", residual: bool = False, **kwargs: Any) -> None:
        super().__init__(autocast=False, **kwargs)
        self.supports_masking = True
        self.units = units
        self.activation = activation
        self.residual = residual
        for i, width in enumerate(units):
            layer = keras.layers.Dense(width, activation=activation, name=f"dense_{i}", dtype=self.dtype_policy)
            setattr(self, f"dense_{i}", layer)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        if self.residual and input_shape[-1] != self.units[-1]:
            raise SpecError(
                f"mlp(residual=true) adds its input of width {input_shape[-1]} to an answer of width {self.units[-1]}; "
                f"end units with {input_shape[-1]}"
            )
        for layer in self._dense():
            layer.build(input_shape)
            input_shape = layer.compute_output_shape(input_shape)

    def call(self, inputs: Tensor) -> Tensor:
        x = inputs
        for layer in self._dense():
            x = layer(x)
        return x + keras.ops.cast(inputs, x.dtype) if self.residual else x

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return (*input_shape[:-1], self.units[-1])

    def get_config(self) -> dict[str, Any]:
        own = {"units": self.units, "activation": self.activation, "residual": self.residual}
        return {**super().get_config(), **own}

    def _dense(self) -> list[keras.layers.Layer]:
        return [getattr(self, f"dense_{i}") for i in range(len(self.units))]
