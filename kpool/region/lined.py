"""Bags whose elements stand on an axis of their own."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from keras import ops as kops

from kpool import ops
from kpool.bags import Bags, Function, itself
from kpool.ops import Tensor
from kpool.ops.sums import max_steps, sum_both_steps, sum_steps
from kpool.region.told import Told


class Lined(Told):
    """Elements are (batch, *grid, size, …), and a bag is reduced along `axis`, that of its size.

    Args:
        elements: (batch, *grid, size, features), finite: 0 where an element is not counted.
        counted: bool (batch, *grid, size), or None if every element counts.
        weights: (batch, *grid, size), non-negative, or None.
    """

    def sum_scaled(self, tensor: Tensor, values: Tensor, *, of: Function, given: Sequence[Tensor] = ()) -> Tensor:
        one_each = tensor.shape[-1] == 1 and tensor.shape[:-1] == values.shape[:-1]
        if not one_each or not ops.is_fused():
            return super().sum_scaled(tensor, values, of=of, given=given)

        @kops.custom_gradient
        def total(scales: Tensor, values: Tensor, *weights: Tensor) -> tuple[Tensor, Function]:
            def gradient(upstream: Tensor) -> list[Tensor]:
                (along,) = self._along([upstream])
                products = kops.expand_dims(sum_steps(values * along, len(values.shape) - 1), -1)
                of_weights = [self._slope_of_weights(scales, [products]) for _ in weights]
                return [self._weighed(products), self._weighed(along * scales), *of_weights]

            return sum_steps(self._weighed(scales * values), self.axis), gradient

        return total(of(tensor, *self._along(given)), values, *self._given_weights)

    @property
    def axis(self) -> int:
        return len(self.elements.shape) - 2

    def sum(
        self, *tensors: Tensor, of: Function = itself, given: Sequence[Tensor] = (), slope: Function | None = None
    ) -> Tensor:
        def total(*tensors: Tensor) -> Tensor:
            return sum_steps(self._weighed(of(*tensors, *self._along(given))), self.axis)

        return total(*tensors) if slope is None else self._told(total, of, slope, given)(*tensors)

    def sum_both(
        self, *tensors: Tensor, of: Function, slope: Function, given: Sequence[Tensor] = ()
    ) -> tuple[Tensor, Tensor]:
        if not ops.is_fused():
            return super().sum_both(*tensors, of=of, slope=slope, given=given)

        def sums(*tensors: Tensor) -> tuple[Tensor, Tensor]:
            first, second = map(self._weighed, of(*tensors, *self._along(given)))
            return sum_both_steps(first, second, self.axis)

        first, second = self._told(sums, of, slope, given)(*tensors)
        return first, second

    def max(self, *tensors: Tensor, of: Function = itself) -> Tensor:
        return max_steps(self.line_up(of(*tensors), -float("inf")), self.axis)

    def first(self, tensor: Tensor) -> Tensor:
        size = kops.shape(self.elements)[self.axis]
        return self._at(tensor, ops.least(kops.where(self._counted, self._places, size), -1, initial=size))

    def last(self, tensor: Tensor) -> Tensor:
        return self._at(tensor, ops.greatest(kops.where(self._counted, self._places, -1), -1, initial=-1))

    def line_up(self, tensor: Tensor, fill: float) -> Tensor:
        return ops.where_expanded(self.counted, tensor, fill)

    @functools.cached_property
    def size(self) -> Tensor:
        return kops.expand_dims(sum_steps(kops.cast(self._counted, self.elements.dtype), self.axis), -1)

    @functools.cached_property
    def _counted(self) -> Tensor:
        if self.counted is not None:
            return self.counted
        return kops.ones_like(self.elements[..., 0], dtype="bool")

    @property
    def _places(self) -> Tensor:
        return kops.arange(kops.shape(self.elements)[self.axis], dtype="int32")

    def _along(self, values: Iterable[Tensor]) -> list[Tensor]:
        return [kops.expand_dims(value, self.axis) for value in values]

    def _at(self, tensor: Tensor, place: Tensor) -> Tensor:
        """The element at each bag's own place; 0 where that is outside."""
        *grid, size = kops.shape(self.elements)[:-1]
        *_, features = kops.shape(tensor)
        bags = ops.product(grid)
        inside = kops.logical_and(place >= 0, place < size)
        at = ops.reshape(kops.where(inside, place, kops.zeros_like(place)), (bags,))
        chosen = ops.take(ops.reshape(tensor, (bags, size, features)), at)
        return ops.where_expanded(inside, ops.reshape(chosen, (*grid, features)), 0.0)


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
