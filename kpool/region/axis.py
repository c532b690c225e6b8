"""One axis of positions: the layers of a network, or the rows of an image."""

from __future__ import annotations

from keras import ops as kops

from kpool.errors import SpecError
from kpool.ops import Tensor
from kpool.parameters import Count
from kpool.region.base import Region, Shape
from kpool.region.lined import Lined


class AxisRegion(Region, name="axis"):
    """What stands along one axis is a bag: (batch, layers, steps, features) -> (batch, steps, features) with axis(1).

    Args:
        index: Which axis; 1 is the first behind the batch.
    """

    def __init__(self, index: Count = 1) -> None:
        self.index = index

    def bags(self, elements: Tensor, counted: Tensor | None, weights: Tensor | None, regions: Tensor = None) -> Lined:
        last = len(elements.shape) - 2
        self.grid(tuple(elements.shape[1:-1]))
        return Lined(*(x if x is None else kops.moveaxis(x, self.index, last) for x in (elements, counted, weights)))

    def grid(self, positions: Shape, regions: Shape | None = None) -> Shape:
        if self.index > len(positions):
            raise SpecError(f"{self!r} of an input with {len(positions)} position axes; give 1 to {len(positions)}")
        return (*positions[: self.index - 1], *positions[self.index :])
