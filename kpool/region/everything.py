"""The whole input is one bag."""

from __future__ import annotations

import functools
from collections.abc import Sequence

from keras import ops as kops

from kpool import ops
from kpool.bags import Bags, Function, itself
from kpool.ops import Tensor
from kpool.region.base import Region, Shape
from kpool.sums import sum_steps


class Everything(Region, name="everything"):
    """All positions of an example make one bag: (batch, *positions, features) -> (batch, features)."""

    def __init__(self) -> None:
        pass

    def bags(self, elements: Tensor, counted: Tensor | None, weights: Tensor | None) -> Whole:
        positions = len(elements.shape) - 2
        return Whole(*(x if x is None else flatten(x, positions) for x in (elements, counted, weights)))

    def grid(self, positions: Shape) -> Shape:
        return ()


def flatten(x: Tensor, positions: int) -> Tensor:
    """(batch, *positions, …) -> (batch, steps, …), row by row."""
    if positions == 1:
        return x
    shape = kops.shape(x)
    steps = functools.reduce(lambda a, b: a * b, shape[1 : positions + 1])
    return kops.reshape(x, (shape[0], steps, *shape[positions + 1 :]))


class Whole(Bags):
    """One bag an example; elements are (batch, steps, …) and a bag is reduced along axis 1."""

    axis = 1

    def sum(self, *tensors: Tensor, of: Function = itself, given: Sequence[Tensor] = ()) -> Tensor:
        summands = of(*tensors, *(kops.expand_dims(g, 1) for g in given))
        if self.weights is not None:
            summands = summands * ops.expand(self.weights, summands)
        return sum_steps(ops.where_expanded(self.counted, summands, 0.0))

    def max(self, *tensors: Tensor, of: Function = itself) -> Tensor:
        lined = self.line_up(of(*tensors), -float("inf"))
        greatest = kops.max(lined, axis=1, initial=-float("inf"))
        return kops.where(kops.any(kops.isnan(lined), axis=1), float("nan"), greatest)  # XLA's max loses it (TF 2.21)

    def first(self, tensor: Tensor) -> Tensor:
        steps = kops.shape(tensor)[1]
        return self._at(tensor, kops.min(kops.where(self._counted, self._steps, steps), axis=1, initial=steps))

    def last(self, tensor: Tensor) -> Tensor:
        return self._at(tensor, kops.max(kops.where(self._counted, self._steps, -1), axis=1, initial=-1))

    def line_up(self, tensor: Tensor, fill: float) -> Tensor:
        return ops.where_expanded(self.counted, tensor, fill)

    @functools.cached_property
    def size(self) -> Tensor:
        return kops.expand_dims(sum_steps(kops.cast(self._counted, self.elements.dtype)), -1)

    @functools.cached_property
    def _counted(self) -> Tensor:
        if self.counted is not None:
            return self.counted
        return kops.ones(kops.shape(self.elements)[:2], dtype="bool")

    @property
    def _steps(self) -> Tensor:
        return kops.expand_dims(kops.arange(kops.shape(self.elements)[1], dtype="int32"), 0)

    def _at(self, tensor: Tensor, step: Tensor) -> Tensor:
        """The element at each example's own step; 0 where that is outside."""
        chosen = ops.expand(self._steps == kops.expand_dims(step, 1), tensor)
        return kops.sum(kops.where(chosen, tensor, kops.zeros_like(tensor)), axis=1)
