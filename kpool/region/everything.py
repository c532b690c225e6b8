"""The whole input is one bag."""

from __future__ import annotations

from keras import ops as kops

from kpool import ops
from kpool.ops import Tensor
from kpool.region.base import Region, Shape
from kpool.region.lined import Lined


class Everything(Region, name="everything"):
    """All positions of an example make one bag: (batch, *positions, features) -> (batch, features)."""

    def __init__(self) -> None:
        pass

    def bags(self, elements: Tensor, counted: Tensor | None, weights: Tensor | None, regions: Tensor = None) -> Lined:
        positions = len(elements.shape) - 2
        whole = Lined(*(x if x is None else flatten(x, positions) for x in (elements, counted, weights)))
        whole.field, whole.field_counted = elements, counted
        return whole

    def grid(self, positions: Shape, regions: Shape | None = None) -> Shape:
        return ()


def flatten(x: Tensor, positions: int) -> Tensor:
    """(batch, *positions, …) -> (batch, steps, …), row by row."""
    if positions == 1:
        return x
    shape = kops.shape(x)
    return ops.reshape_examples(x, (shape[0], ops.product(shape[1 : positions + 1]), *shape[positions + 1 :]))
