"""Which bags have an element that counts: the mask behind a pooling that keeps a grid."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops as kops

from kpool import masks
from kpool.ops import Tensor
from kpool.region.base import Region
from kpool.region.build import as_region


def occupied(region: Region, mask: Tensor) -> Tensor:
    """Whether each bag has a counted element: (batch, *positions) -> (batch, *grid)."""
    return Occupied(region)(mask) if isinstance(mask, keras.KerasTensor) else _occupied(region, mask, None)


def occupied_regions(region: Region, x: Tensor, mask: Tensor | None, regions: Tensor) -> Tensor:
    """The same for elements x, (batch, *positions), in the bags that `regions` says."""
    if isinstance(regions, keras.KerasTensor):
        grid = region.grid(tuple(x.shape[1:]), tuple(regions.shape))
        return keras.KerasTensor((x.shape[0], *grid), "bool")
    return _occupied(region, kops.ones_like(x, "bool") if mask is None else mask, regions)


@keras.saving.register_keras_serializable("kpool")
class Occupied(keras.Operation):
    """The same as one step of a Functional model, where Keras keeps masks as symbols: their lengths are not known."""

    def __init__(self, over: Region | str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.region = as_region(over)

    def call(self, mask: Tensor) -> Tensor:
        return _occupied(self.region, mask, None)

    def compute_output_spec(self, mask: Tensor) -> keras.KerasTensor:
        batch, *positions = mask.shape
        return keras.KerasTensor((batch, *self.region.grid(tuple(positions))), "bool")

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "over": str(self.region)}


def _occupied(region: Region, mask: Tensor, regions: Tensor | None) -> Tensor:
    counted = masks.as_counted(mask)
    elements = kops.cast(kops.expand_dims(counted, -1), "float32")
    return region.bags(elements, counted, None, regions).size[..., 0] > 0
