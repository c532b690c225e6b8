"""Bags whose elements stand on an axis of their own."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import NamedTuple

from keras import ops as kops

from kpool import ops
from kpool.bags import Bags, Function, itself
from kpool.ops import Tensor
from kpool.sums import sum_steps


class Lined(Bags):
    """Elements are (batch, *grid, size, …), and a bag is reduced along `axis`, that of its size.

    Args:
        elements: (batch, *grid, size, features), finite: 0 where an element is not counted.
        counted: bool (batch, *grid, size), or None if every element counts.
        weights: (batch, *grid, size), non-negative, or None.
    """

    @property
    def axis(self) -> int:
        return len(self.elements.shape) - 2

    def sum(self, *tensors: Tensor, of: Function = itself, given: Sequence[Tensor] = ()) -> Tensor:
        summands = of(*tensors, *(kops.expand_dims(g, self.axis) for g in given))
        if self.weights is not None:
            summands = summands * ops.expand(self.weights, summands)
        return sum_steps(ops.where_expanded(self.counted, summands, 0.0), self.axis)

    def max(self, *tensors: Tensor, of: Function = itself) -> Tensor:
        lined = self.line_up(of(*tensors), -float("inf"))
        greatest = kops.max(lined, axis=self.axis, initial=-float("inf"))
        nan = kops.any(kops.isnan(lined), axis=self.axis)  # XLA's max loses it (TF 2.21)
        return kops.where(nan, float("nan"), greatest)

    def first(self, tensor: Tensor) -> Tensor:
        size = kops.shape(self.elements)[self.axis]
        return self._at(tensor, kops.min(kops.where(self._counted, self._places, size), axis=-1, initial=size))

    def last(self, tensor: Tensor) -> Tensor:
        return self._at(tensor, kops.max(kops.where(self._counted, self._places, -1), axis=-1, initial=-1))

    def line_up(self, tensor: Tensor, fill: float) -> Tensor:
        return ops.where_expanded(self.counted, tensor, fill)

    @functools.cached_property
    def size(self) -> Tensor:
        return kops.expand_dims(sum_steps(kops.cast(self._counted, self.elements.dtype), self.axis), -1)

    @functools.cached_property
    def _counted(self) -> Tensor:
        if self.counted is not None:
            return self.counted
        return kops.ones(kops.shape(self.elements)[:-1], dtype="bool")

    @property
    def _places(self) -> Tensor:
        return kops.arange(kops.shape(self.elements)[self.axis], dtype="int32")

    def _at(self, tensor: Tensor, place: Tensor) -> Tensor:
        """The element at each bag's own place; 0 where that is outside."""
        chosen = ops.expand(self._places == kops.expand_dims(place, -1), tensor)
        return kops.sum(kops.where(chosen, tensor, kops.zeros_like(tensor)), axis=self.axis)


def lined_up(bags: Bags, elements: Tensor) -> Lined:
    """The same bags with their elements lined up: for scores that depend on the bag, not on the element alone.

    What is attended to there, `return_weights` shows.
    """
    lined = Lined(elements, bags.present, None if bags.weights is None else bags.lined_weights[..., 0])
    bags.attended = _Seen(lined)
    return lined


class _Seen(NamedTuple):
    """What the lined-up bags attended to."""

    lined: Lined

    def weights(self, bags: Bags) -> Tensor:
        return self.lined.attended.weights(self.lined)
