"""Puts pooled maxima back where they came from."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops as kops

from kpool import masks
from kpool.errors import SpecError
from kpool.ops import Tensor, first_greatest
from kpool.region.window import Window


@keras.saving.register_keras_serializable("kpool")
class MaxUnpooling(keras.layers.Layer):
    """Undoes max pooling over windows that do not overlap: each value goes to the place of its window's maximum.

    y_t = pooled_w where x_t is the first greatest of window w's counted elements, and 0 elsewhere

    Called as `MaxUnpooling(2)([pooled, x])`, x being what `max(over=window(2))` was given; pooled may have gone through
    other layers meanwhile. No gradient goes to x. Of equal elements the first gets the value, as in TensorFlow and
    PyTorch; what no window covers is 0.

    Args:
        size: Positions a window spans, one number for every axis or a list with one each; its strides as well.

    Shape: [(batch, *grid, features), (batch, *positions, features)] -> (batch, *positions, features)
    Source: Zeiler & Fergus 2014, arXiv:1311.2901, sec. 2.1; Badrinarayanan et al. 2017 (SegNet), arXiv:1511.00561.
    """

    def __init__(self, size: int | list[int] = 2, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.size = size
        self.window = Window(size)

    def build(self, input_shape: list[tuple[int | None, ...]]) -> None:
        pooled, x = (tuple(shape) for shape in input_shape)
        grid = self.window.grid(x[1:-1])
        wrong = [a for a, b in zip(pooled[1:], (*grid, x[-1]), strict=False) if None not in (a, b) and a != b]
        if wrong or len(pooled) != len(x):
            raise SpecError(f"MaxUnpooling: {self.window} of {x} gives {(x[0], *grid, x[-1])}, not {pooled}")

    def call(self, inputs: list[Tensor], mask: list[Tensor | None] | Tensor | None = None) -> Tensor:
        pooled, x = inputs
        counted = mask[1] if isinstance(mask, list | tuple) else mask
        counted = None if counted is None else masks.as_counted(counted)
        bags = self.window.bags(kops.stop_gradient(x), counted, None)
        lined = bags.line_up(bags.elements, -float("inf"))
        here, pooled = first_greatest(lined, bags.axis), kops.expand_dims(pooled, bags.axis)
        return self._laid_out(kops.where(here, pooled, kops.zeros_like(pooled)), kops.shape(x))

    def compute_output_shape(self, input_shape: list[tuple[int | None, ...]]) -> tuple[int | None, ...]:
        return tuple(input_shape[1])

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        return mask[1] if isinstance(mask, list | tuple) else mask

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "size": self.size}

    def _laid_out(self, x: Tensor, shape: tuple[Any, ...]) -> Tensor:
        """(batch, *grid, size, features) -> (batch, *positions, features), with 0 behind the last window."""
        sizes = [axis.size for axis in self.window.axes(len(shape) - 2)]
        rank, (batch, *grid) = len(sizes), kops.shape(x)[: len(sizes) + 1]
        x = kops.reshape(x, (batch, *grid, *sizes, shape[-1]))
        pairs = [place for axis in range(rank) for place in (1 + axis, 1 + rank + axis)]
        x = kops.transpose(x, (0, *pairs, 2 * rank + 1))
        x = kops.reshape(x, (batch, *(n * size for n, size in zip(grid, sizes, strict=True)), shape[-1]))
        behind = [length - n * size for length, n, size in zip(shape[1:-1], grid, sizes, strict=True)]
        return kops.pad(x, [[0, 0], *([0, rest] for rest in behind), [0, 0]])
