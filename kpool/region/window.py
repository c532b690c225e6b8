"""Sliding windows, as in a local pooling layer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from keras import ops as kops

from kpool import ops
from kpool.errors import SpecError
from kpool.ops import Tensor
from kpool.parameters import Count
from kpool.region.base import Region, Shape
from kpool.region.spread import Axis
from kpool.region.windows import Windows


class Window(Region, name="window"):
    """Windows of `size` positions, `strides` apart: (batch, *positions, features) -> (batch, *grid, features).

    Args:
        size: Positions a window spans, one number for every axis or a list with one each.
        strides: Positions from one window to the next; `size` if none is given.
        padding: "valid" takes whole windows only; "same" makes ⌈positions / strides⌉ windows, and what lies outside
            the input is not counted.
        dilation: Positions from one element of a window to the next.

    With "valid", an axis of L positions gives (L − dilation·(size − 1) − 1) // strides + 1 windows.
    """

    def __init__(
        self,
        size: Count | list[Count] = 2,
        strides: Count | list[Count] | None = None,
        padding: Literal["valid", "same"] = "valid",
        dilation: Count | list[Count] = 1,
    ) -> None:
        self.size = size
        self.strides = size if strides is None else strides
        self.padding = padding
        self.dilation = dilation

    def bags(self, elements: Tensor, counted: Tensor | None, weights: Tensor | None, regions: Tensor = None) -> Windows:
        self.grid(tuple(elements.shape[1:-1]))
        axes = self.axes(len(elements.shape) - 2)
        if self.padding == "same":
            margins = [axis.margins(length) for axis, length in zip(axes, kops.shape(elements)[1:-1], strict=True)]
            if counted is None:
                counted = kops.ones_like(elements[..., 0], dtype="bool")
        else:
            margins = [(0, 0) for _ in axes]
        return Windows(axes, margins, elements, counted, weights)

    def grid(self, positions: Shape, regions: Shape | None = None) -> Shape:
        return tuple(
            None if length is None else self._windows(axis, length)
            for axis, length in zip(self.axes(len(positions)), positions, strict=True)
        )

    def axes(self, rank: int) -> list[Axis]:
        """The window along each of so many axes."""
        return [
            Axis(*each)
            for each in zip(*(self._each(x, rank) for x in (self.size, self.strides, self.dilation)), strict=True)
        ]

    def _each(self, value: int | Sequence[int], rank: int) -> list[int]:
        if isinstance(value, int):
            return [value] * rank
        if len(value) != rank:
            raise SpecError(f"{self!r} has {len(value)} numbers for an input with {rank} position axes; give {rank}")
        return list(value)

    def _windows(self, axis: Axis, length: int) -> int:
        if self.padding == "same":
            return int(ops.ceil_divide(length, axis.stride))
        if length < axis.span:
            raise SpecError(
                f"{self!r} spans {axis.span} positions and does not fit an axis of {length}; "
                "make it smaller, or take padding='same'"
            )
        return (length - axis.span) // axis.stride + 1
