"""Which elements count, by the ids of their tokens."""

from __future__ import annotations

import functools
from typing import Annotated, Any

import keras
from annotated_types import MinLen
from keras import ops as kops

from kpool.ops import Tensor


def token_mask(ids: Annotated[list[int], MinLen(1)], exclude: bool = False, **kwargs: Any) -> keras.layers.Layer:
    """Makes of token ids the mask of those that stand in a list, or of all others; to be passed on as `mask=`.

    With `at = kpool.head("token_mask([2])")`, `pool(x, mask=at(ids))` pools what an end token (2) says: `last` takes
    the last of them, `mean` their average. `token_mask([101, 102], exclude=true)` leaves special tokens out. What
    does not count in the mask it is given itself (the padding) does not count in its answer.

    Args:
        ids: The token ids.
        exclude: Count all others instead.

    Shape: whole numbers (batch, steps) -> bool (batch, steps)
    """
    return TokenMask(ids, exclude, **kwargs)


@keras.saving.register_keras_serializable("kpool")
class TokenMask(keras.layers.Layer):
    """ids ∈ list, or ids ∉ list."""

    def __init__(self, ids: list[int], exclude: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True
        self.ids = list(ids)
        self.exclude = exclude

    def call(self, inputs: Tensor, mask: Tensor | None = None) -> Tensor:
        counted = functools.reduce(kops.logical_or, [kops.equal(inputs, one) for one in self.ids])
        counted = kops.logical_not(counted) if self.exclude else counted
        return counted if mask is None else kops.logical_and(counted, kops.cast(mask, "bool"))

    def compute_output_spec(self, inputs: Tensor, mask: Tensor | None = None) -> keras.KerasTensor:
        return keras.KerasTensor(inputs.shape, dtype="bool")

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "ids": self.ids, "exclude": self.exclude}
