"""Bins of several sizes, side by side."""

from __future__ import annotations

import math
from typing import Annotated

from annotated_types import MinLen
from keras import ops as kops

from kpool import ops
from kpool.bags import Bags
from kpool.ops import Tensor
from kpool.parameters import Count
from kpool.region.base import Region, Shape
from kpool.region.bins import Bins


class Pyramid(Region, name="pyramid"):
    """Bins of every level, side by side: (batch, *positions, features) -> (batch, features · Σ n^axes).

    The answers stand level by level, and row by row within a level; one for each bin, empty or not.

    Args:
        levels: How many bins an axis is cut into, level by level, [1, 2, 4] if none are given; 1 is the whole input.

    Source: Lazebnik et al. 2006 (spatial pyramid matching); He et al. 2014 (SPP), arXiv:1406.4729, sec. 2.2.
    """

    def __init__(self, levels: Annotated[list[Count], MinLen(1)] | None = None) -> None:
        self.sizes: list[int] = levels or [1, 2, 4]

    def bags(self, elements: Tensor, counted: Tensor | None, weights: Tensor | None, regions: Tensor) -> Bags:
        raise NotImplementedError("a pyramid has the bags of its levels")

    def grid(self, positions: Shape, regions: Shape | None = None) -> Shape:
        return ()

    def levels(self) -> tuple[Region, ...]:
        return tuple(Bins(n) for n in self.sizes)

    def join(self, answers: list[Tensor]) -> Tensor:
        rows = kops.shape(answers[0])[0]
        return kops.concatenate([ops.reshape(x, (rows, math.prod(x.shape[1:]))) for x in answers], axis=-1)

    def width(self, features: int, axes: int) -> int:
        bins: int = sum(n**axes for n in self.sizes)
        return features * bins
