"""Boxes in an image, given with each call: RoIAlign, with any formula in the place of its average."""

from __future__ import annotations

import itertools
from typing import Annotated

from annotated_types import Len
from keras import ops as kops

from kpool import ops
from kpool.errors import SpecError
from kpool.ops import Tensor
from kpool.parameters import Count, Positive
from kpool.region.base import Region, Shape
from kpool.region.everything import flatten
from kpool.region.lined import Lined

_NOWHERE = 1e6


class Boxes(Region, name="boxes"):
    """Cells of boxes: (batch, rows, cols, features), boxes (batch, n, 4) -> (batch, n, *output_size, features).

    A box, (x1, y1, x2, y2), is cut into equal cells. The elements of a cell are samples · samples points in it, each
    interpolated between the four positions around it. A position that does not count takes no part, and a point that
    lies more than 1 outside the input is not counted (RoIAlign counts it as 0).

    Args:
        output_size: How many cells, (rows, cols) or one number for both.
        samples: Points along each side of a cell.
        scale: Positions per unit of the boxes: 1/16 for boxes in pixels on a map of stride 16.
        aligned: Positions are centres of pixels: box coordinates are shifted by −0.5, as in Detectron2. Without it
            PyTorch makes a box of less than one position as large as one; here it stays as it is.

    A box without a width and a height above 0, as [0, 0, 0, 0] is where a row has fewer, has no elements.

    Source: He et al. 2017 (Mask R-CNN), arXiv:1703.06870, sec. 3.
    """

    asks = "the boxes (x1, y1, x2, y2), of shape (batch, n, 4)"

    def __init__(
        self,
        output_size: Count | Annotated[list[Count], Len(2, 2)] = 7,
        samples: Count = 2,
        scale: Positive = 1.0,
        aligned: bool = True,
    ) -> None:
        self.output_size = output_size
        self.cells = (output_size, output_size) if isinstance(output_size, int) else tuple(output_size)
        self.samples = samples
        self.scale = scale
        self.aligned = aligned

    def bags(self, elements: Tensor, counted: Tensor | None, weights: Tensor | None, regions: Tensor = None) -> Lined:
        self.grid(tuple(elements.shape[1:-1]), tuple(regions.shape))
        rows, cols = kops.shape(elements)[1:3]
        y, x = self._points(kops.cast(regions, elements.dtype))
        inside = kops.logical_and(_inside(y, rows), _inside(x, cols))
        flat = [z if z is None else flatten(z, 2) for z in (elements, counted, weights)]
        total, share, often = 0.0, 0.0, 0.0
        for (row, near_row), (col, near_col) in itertools.product(_neighbours(y, rows), _neighbours(x, cols)):
            place = kops.minimum(row * cols + col, kops.maximum(rows * cols - 1, 0))  # an input may be empty
            near = near_row * near_col
            if counted is not None:
                near = kops.where(ops.take(flat[1], place), near, kops.zeros_like(near))
            share = share + near
            if weights is not None:
                near = near * ops.take(flat[2], place)
                often = often + near
            total = total + kops.expand_dims(near, -1) * ops.take(flat[0], place)
        inside = kops.logical_and(inside, share > 0)
        points = ops.divide(total, kops.expand_dims(share if weights is None else often, -1) + kops.zeros_like(total))
        return Lined(ops.where_expanded(inside, points, 0.0), inside, None if weights is None else often)

    def grid(self, positions: Shape, regions: Shape | None = None) -> Shape:
        if len(positions) != 2:
            raise SpecError(f"{self!r} cuts images, (batch, rows, cols, features), not {len(positions)} position axes")
        if regions is None:
            return (None, *self.cells)
        if len(regions) != 3 or regions[-1] not in (4, None):
            raise SpecError(f"{self!r} must be given {self.asks}, not shape {tuple(regions)}")
        return (regions[1], *self.cells)

    def _points(self, boxes: Tensor) -> tuple[Tensor, Tensor]:
        """The y and x of every point, in positions: 2 · (batch, n, rows, cols, samples · samples)."""
        x1, y1, x2, y2 = kops.unstack(boxes, 4, axis=-1)
        proper = kops.logical_and(kops.all(kops.isfinite(boxes), axis=-1), kops.logical_and(x1 < x2, y1 < y2))
        shift = kops.cast(kops.where(proper, 0.5 if self.aligned else 0.0, _NOWHERE), boxes.dtype)
        x1, y1, x2, y2 = (kops.where(proper, z, 0.0) * self.scale - shift for z in (x1, y1, x2, y2))
        y, x = (self._line(a, b, cells) for a, b, cells in zip((y1, x1), (y2, x2), self.cells, strict=True))
        shape = (*kops.shape(x1), *self.cells, self.samples, self.samples)
        y = kops.broadcast_to(y[:, :, :, None, :, None], shape)
        x = kops.broadcast_to(x[:, :, None, :, None, :], shape)
        flat = (*shape[:-2], self.samples**2)
        return ops.reshape(y, flat), ops.reshape(x, flat)

    def _line(self, start: Tensor, end: Tensor, cells: int) -> Tensor:
        """The points along one side of the boxes: (batch, n, cells, samples)."""
        step = (end - start) / (cells * self.samples)
        places = kops.arange(cells * self.samples, dtype=start.dtype) + 0.5
        line = kops.expand_dims(start, -1) + places * kops.expand_dims(step, -1)
        return ops.reshape(line, (*kops.shape(start), cells, self.samples))


def _inside(at: Tensor, length: int | Tensor) -> Tensor:
    length = kops.cast(length, at.dtype)
    return kops.logical_and(kops.logical_and(at >= -1, at <= length), length > 0)


def _neighbours(at: Tensor, length: int | Tensor) -> list[tuple[Tensor, Tensor]]:
    """The two positions around a point along an axis, and how near each is to it: 1 if it lies there."""
    last = kops.maximum(kops.cast(length, at.dtype) - 1, 0)
    at = kops.clip(at, 0.0, last)
    below = kops.floor(at)
    above = kops.minimum(below + 1, last)
    return [(kops.cast(below, "int32"), 1 - (at - below)), (kops.cast(above, "int32"), at - below)]
