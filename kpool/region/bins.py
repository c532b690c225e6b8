"""A fixed number of bins, whatever the length: adaptive pooling."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
from keras import ops as kops

from kpool import ops
from kpool.errors import SpecError
from kpool.ops import Tensor
from kpool.parameters import Count
from kpool.region.base import Region, Shape
from kpool.region.lined import Lined


class Bins(Region, name="bins"):
    """Cuts every axis into bins of nearly equal length: (batch, *positions, features) -> (batch, *bins, features).

    Of an axis with L positions, bin i of o has the positions ⌊i L / o⌋ to ⌈(i + 1) L / o⌉ − 1, as in adaptive pooling:
    bins overlap by one where o does not divide L, and o may be greater than L.

    Args:
        output_size: How many bins, one number for every axis or a list with one each; none keeps an axis as it is.
    """

    def __init__(self, output_size: Count | list[Count | None] = 1) -> None:
        self.output_size = output_size

    def bags(self, elements: Tensor, counted: Tensor | None, weights: Tensor | None, regions: Tensor = None) -> Lined:
        axes = [
            _axis(*each)
            for each in zip(elements.shape[1:-1], kops.shape(elements)[1:-1], self._bins(elements), strict=True)
        ]
        if counted is None and any(isinstance(axis, UnevenAxis) for axis in axes):
            counted = kops.ones_like(elements[..., 0], dtype="bool")
        elements, counted, weights = (x if x is None else cut_axes(x, axes) for x in (elements, counted, weights))
        for i, axis in enumerate(axes):
            if isinstance(axis, UnevenAxis):
                counted = kops.logical_and(counted, ops.reshape(axis.inside, axis.shape_among(i, len(axes))))
        elements = ops.where_expanded(counted, elements, 0.0)  # where bins are shorter, another's element was gathered
        return Lined(*(x if x is None else line_up_axes(x, len(axes)) for x in (elements, counted, weights)))

    def grid(self, positions: Shape, regions: Shape | None = None) -> Shape:
        return tuple(
            length if bins is None else bins for bins, length in zip(self._each(len(positions)), positions, strict=True)
        )

    def _bins(self, elements: Tensor) -> list[int | None]:
        return self._each(len(elements.shape) - 2)

    def _each(self, rank: int) -> list[int | None]:
        if isinstance(self.output_size, int):
            return [self.output_size] * rank
        if len(self.output_size) != rank:
            raise SpecError(
                f"{self!r} has {len(self.output_size)} numbers for an input with {rank} position axes; give {rank}"
            )
        return list(self.output_size)


class Axis:
    """One axis, cut into `bins` that hold `size` positions each."""

    def __init__(self, bins: int | Tensor, size: int | Tensor) -> None:
        self.bins = bins
        self.size = size

    def cut(self, x: Tensor, axis: int) -> Tensor:
        """(…, positions, …) -> (…, bins, size, …)"""
        shape = kops.shape(x)
        return ops.reshape(x, (*shape[:axis], self.bins, self.size, *shape[axis + 1 :]))


class UnevenAxis(Axis):
    """Bins that overlap, or are of different lengths: their positions are gathered."""

    def __init__(self, bins: int, length: int | Tensor) -> None:
        super().__init__(bins, ops.ceil_divide(length, bins) + 1)
        whole = int if isinstance(length, int) else functools.partial(kops.cast, dtype="int64")
        arange: Any = np.arange if isinstance(length, int) else functools.partial(kops.arange, dtype="int64")
        self.length = whole(length)
        i = arange(bins)
        starts, ends = i * self.length // bins, ops.ceil_divide((i + 1) * self.length, bins)
        places = starts[:, None] + arange(self.size)
        self.inside = places < ends[:, None]
        self.places = (np if isinstance(length, int) else kops).where(self.inside, places, 0)

    def cut(self, x: Tensor, axis: int) -> Tensor:
        if not isinstance(self.length, int) or self.length == 0:  # there must be something to gather from
            x = kops.pad(x, [[0, int(i == axis)] for i in range(len(x.shape))])
        return super().cut(kops.take(x, ops.reshape(self.places, (-1,)), axis=axis), axis)

    def shape_among(self, i: int, axes: int) -> list[int | Tensor]:
        """Where `inside` stands among the axes of a cut input: (1, bins, size, …), its own at place i."""
        shape: list[int | Tensor] = [1] * (1 + 2 * axes)
        shape[1 + 2 * i : 3 + 2 * i] = [self.bins, self.size]
        return shape


def _axis(static: int | None, length: int | Tensor, bins: int | None) -> Axis:
    if bins is None:
        return Axis(length, 1)
    if bins == 1:
        return Axis(1, length)
    if static is not None and static % bins == 0:
        return Axis(bins, static // bins)
    return UnevenAxis(bins, length if static is None else static)


def cut_axes(x: Tensor, axes: list[Axis]) -> Tensor:
    """(batch, *positions, …) -> (batch, bins, size, bins, size, …)"""
    for i, axis in enumerate(axes):
        x = axis.cut(x, 1 + 2 * i)
    return x


def line_up_axes(x: Tensor, axes: int) -> Tensor:
    """(batch, bins, size, bins, size, …) -> (batch, bins, bins, size · size, …)"""
    order = [0, *range(1, 2 * axes, 2), *range(2, 2 * axes + 1, 2)]
    x = kops.transpose(x, (*order, *range(2 * axes + 1, len(x.shape))))
    shape = kops.shape(x)
    size = functools.reduce(lambda a, b: a * b, shape[1 + axes : 1 + 2 * axes])
    return ops.reshape(x, (*shape[: 1 + axes], size, *shape[1 + 2 * axes :]))
