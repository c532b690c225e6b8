"""A learned factor."""

from __future__ import annotations

from typing import Any

import keras

from kpool.ops import Tensor


def scale(initial: float = 1.0, per_feature: bool = False, **kwargs: Any) -> keras.layers.Layer:
    """Multiplies by a learned factor: s · x.

    Args:
        initial: Its first value.
        per_feature: One for each feature (LayerScale); otherwise one for all.

    Shape: (batch, …, features) -> the same
    Source: Touvron et al. 2021 (CaiT), arXiv:2103.17239, sec. 2, for one a feature.
    """
    return Scale(initial, per_feature, **kwargs)


@keras.saving.register_keras_serializable("kpool")
class Scale(keras.layers.Layer):
    """s · x, with a weight s."""

    def __init__(self, initial: float = 1.0, per_feature: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True
        self.initial = initial
        self.per_feature = per_feature

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        shape = input_shape[-1:] if self.per_feature else ()
        self.s = self.add_weight(name="s", shape=shape, initializer=keras.initializers.Constant(self.initial))

    def call(self, inputs: Tensor) -> Tensor:
        return keras.ops.cast(inputs, self.compute_dtype) * self.s

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "initial": self.initial, "per_feature": self.per_feature}
