"""Sliding windows, as in a local pooling layer."""

from __future__ import annotations

import functools
import itertools
import math
import operator
from collections.abc import Iterator, Sequence
from typing import Literal

from keras import ops as kops

from kpool import ops
from kpool.bags import Bags, Function, itself
from kpool.errors import SpecError
from kpool.ops import Tensor
from kpool.parameters import Count
from kpool.region.base import Region, Shape
from kpool.sums import sum_pairs


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
                counted = kops.ones(kops.shape(elements)[:-1], dtype="bool")
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
            return -(-length // axis.stride)
        if length < axis.span:
            raise SpecError(
                f"{self!r} spans {axis.span} positions and does not fit an axis of {length}; "
                "make it smaller, or take padding='same'"
            )
        return (length - axis.span) // axis.stride + 1


class Axis:
    """A window along one axis: `size` elements, `dilation` apart, every `stride` positions."""

    def __init__(self, size: int, stride: int, dilation: int) -> None:
        self.size, self.stride, self.dilation = size, stride, dilation
        self.span = dilation * (size - 1) + 1

    def margins(self, length: int | Tensor) -> tuple[int | Tensor, int | Tensor]:
        """Positions missing before and behind, so that ⌈length / stride⌉ windows fit; the odd one stands behind."""
        overhang = self.span - 1 - (length - 1) % self.stride
        missing = max(overhang, 0) if isinstance(length, int) else kops.maximum(overhang, 0)
        return missing // 2, missing - missing // 2

    def view(self, element: int) -> slice:
        """The positions that are the given element of some window, on the padded axis."""
        behind = (self.size - 1 - element) * self.dilation
        return slice(element * self.dilation, -behind or None, self.stride)


class Windows(Bags):
    """Bags on a grid. The k-th elements of all windows are one strided view of the input: no patch is ever copied."""

    def __init__(
        self,
        axes: list[Axis],
        margins: list[tuple[int | Tensor, int | Tensor]],
        elements: Tensor,
        counted: Tensor | None,
        weights: Tensor | None,
    ) -> None:
        super().__init__(elements, counted, weights)
        self._axes = axes
        self._margins = margins

    def sum(self, *tensors: Tensor, of: Function = itself, given: Sequence[Tensor] = ()) -> Tensor:
        summands = self._summands(tensors, of, given)
        return sum_pairs(summands, math.prod(axis.size for axis in self._axes))

    def max(self, *tensors: Tensor, of: Function = itself) -> Tensor:
        return functools.reduce(kops.maximum, self._views(of(*tensors), -float("inf")))

    def first(self, tensor: Tensor) -> Tensor:
        return self._pick(reversed(list(self._slices(tensor))), reversed(list(self._slices(self._counted))))

    def last(self, tensor: Tensor) -> Tensor:
        return self._pick(self._slices(tensor), self._slices(self._counted))

    def line_up(self, tensor: Tensor, fill: float) -> Tensor:
        return kops.stack(list(self._views(tensor, fill)), axis=self.axis)

    @property
    def axis(self) -> int:
        return len(self._axes) + 1

    @functools.cached_property
    def size(self) -> Tensor:
        ones = (kops.cast(view, self.elements.dtype) for view in self._slices(self._counted))
        return kops.expand_dims(functools.reduce(operator.add, ones), -1)

    @functools.cached_property
    def _counted(self) -> Tensor:
        if self.counted is not None:
            return self.counted
        return kops.ones(kops.shape(self.elements)[:-1], dtype="bool")

    def _summands(self, tensors: Sequence[Tensor], of: Function, given: Sequence[Tensor]) -> Iterator[Tensor]:
        for views, counted, weights in zip(
            zip(*(self._slices(t) for t in tensors), strict=True),
            self._slices(self.counted),
            self._slices(self.weights),
            strict=True,
        ):
            summand = of(*views, *given)
            if weights is not None:
                summand = summand * ops.expand(weights, summand)
            yield ops.where_expanded(counted, summand, 0.0)

    def _views(self, tensor: Tensor, fill: float) -> Iterator[Tensor]:
        """Each window's elements, one by one, `fill` where not counted: K times (batch, *grid, …)."""
        for view, counted in zip(self._slices(tensor), self._slices(self.counted), strict=True):
            yield ops.where_expanded(counted, view, fill)

    def _slices(self, x: Tensor | None) -> Iterator[Tensor | None]:
        elements = itertools.product(*(range(axis.size) for axis in self._axes))
        if x is None:
            return itertools.repeat(None, sum(1 for _ in elements))
        padded = self._pad(x)
        return (
            padded[(slice(None), *(axis.view(e) for axis, e in zip(self._axes, element, strict=True)))]
            for element in elements
        )

    def _pad(self, x: Tensor) -> Tensor:
        """Zeros, or False, in the margins."""
        if all(isinstance(m, int) and m == 0 for pair in self._margins for m in pair):
            return x
        behind = len(x.shape) - 1 - len(self._margins)
        return kops.pad(x, [[0, 0], *([a, b] for a, b in self._margins), *([0, 0] for _ in range(behind))])

    def _pick(self, views: Iterator[Tensor], counted: Iterator[Tensor]) -> Tensor:
        """The last of the counted views, 0 where none is."""
        chosen: Tensor = 0.0
        for view, counts in zip(views, counted, strict=True):
            chosen = kops.where(ops.expand(counts, view), view, chosen * kops.ones_like(view))
        return chosen
