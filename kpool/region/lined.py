"""Bags whose elements stand on an axis of their own."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from typing import NamedTuple

from keras import ops as kops

from kpool import ops
from kpool.bags import Bags, Function, itself
from kpool.ops import Tensor, Tensors
from kpool.ops.sums import max_steps, sum_both_steps, sum_products, sum_steps
from kpool.region.parted import Parted

_SAMPLE = 16
_SEVERAL = 4
"""So many sums of the same values at least are faster as a product of matrices."""
_BLOCK = 128


class Lined(Parted):
    """Elements are (batch, *grid, size, …), and a bag is reduced along `axis`, that of its size.

    Args:
        elements: (batch, *grid, size, features), finite: 0 where an element is not counted.
        counted: bool (batch, *grid, size), or None if every element counts.
        weights: (batch, *grid, size), non-negative, or None.
    """

    def sum_scaled(self, tensor: Tensor, values: Tensor, *, of: Function, given: Tensors = ()) -> Tensor:
        shared = len(values.shape) == self.axis + 3 and values.shape[-2] == tensor.shape[-1] == 1
        if shared and tensor.shape[-2] >= _SEVERAL:
            scales = self._weighed(of(tensor, *self._along(given)))
            return sum_products(scales[..., 0], values[..., 0, :], _BLOCK)
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

    def max(self, *tensors: Tensor, of: Function = itself) -> Tensor:
        return max_steps(self.line_up(of(*tensors), -float("inf")), self.axis)

    def sampled_mean(self, tensor: Tensor) -> Tensor | None:
        every = kops.shape(self.elements)[self.axis] // _SAMPLE
        if not isinstance(every, int) or every < 2:
            return None
        some = (*[slice(None)] * self.axis, slice(None, None, every))
        ones = kops.ones_like(self.elements[..., :1])
        total, count = (kops.sum(self._weighed(x)[some], axis=self.axis) for x in (tensor, ones))
        return kops.stop_gradient(ops.divide(total, ops.expand(count, total) + kops.zeros_like(total)))

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

    @property
    def _places(self) -> Tensor:
        return kops.arange(kops.shape(self.elements)[self.axis], dtype="int32")

    def _sums(self, of: Function, given: Tensors, *tensors: Tensor, both: bool) -> Tensors:
        summands = of(*tensors, *self._along(given))
        if both and ops.is_fused():
            first, second = map(self._weighed, summands)
            return sum_both_steps(first, second, self.axis)
        return [sum_steps(self._weighed(x), self.axis) for x in (summands if both else [summands])]

    def _along(self, values: Iterable[Tensor]) -> list[Tensor]:
        return [x if isinstance(x, float) else kops.expand_dims(x, self.axis) for x in values]

    def _at(self, tensor: Tensor, place: Tensor) -> Tensor:
        """The element at each bag's own place; 0 where that is outside."""
        if not ops.is_fused():
            return self._taken(tensor, place)

        @kops.custom_gradient
        def told(tensor: Tensor) -> tuple[Tensor, Function]:
            def gradient(upstream: Tensor) -> Tensor:
                (along,) = self._along([upstream])
                return ops.where_expanded(
                    self._places == kops.expand_dims(place, -1), along + kops.zeros_like(tensor), 0.0
                )

            return self._taken(tensor, place), gradient

        return told(tensor)

    def _taken(self, tensor: Tensor, place: Tensor) -> Tensor:
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
