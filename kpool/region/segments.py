"""Segments, given with each call: the graphs of a packed batch, the regions of an image."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence

from keras import ops as kops

from kpool import masks, ops
from kpool.bags import Bags, Function, itself
from kpool.errors import KpoolError, SpecError
from kpool.ops import Tensor
from kpool.ops.sums import BLOCK, max_all, sum_all, sum_steps
from kpool.parameters import Count
from kpool.region.base import Region, Shape
from kpool.region.everything import flatten
from kpool.region.runs import Runs


class SegmentsRegion(Region, name="segments"):
    """Elements of the same id make a bag: (batch, *positions, features) -> (batch, num, features).

    Ids, (batch, *positions), are 0 to num − 1 in any order; an element with id −1 is in no bag. A packed batch, values
    (n, features) and row ids (n,), is a batch of one: `layer(values[None], regions=ids[None])[0]`.

    Args:
        num: How many bags an example has.
        longest: The most elements of a bag, for strategies that must line them up (a median): room is made for all
            elements in every bag where none is given.
    """

    asks = "the id of each element's bag, whole numbers of the mask's shape"

    def __init__(self, num: Count, longest: Count | None = None) -> None:
        self.num = num
        self.longest = longest

    def bags(
        self, elements: Tensor, counted: Tensor | None, weights: Tensor | None, regions: Tensor = None
    ) -> Segments:
        self.grid(tuple(elements.shape[1:-1]), tuple(regions.shape))
        masks.check_lengths(elements, regions=regions)
        ids, whole = ops.as_whole(regions)
        proper = kops.logical_and(whole, kops.logical_and(ids >= -1, ids < self.num))
        says = f"{self!r}: regions must hold ids, whole numbers from 0 to {self.num - 1}, or −1 for none"
        ops.require(proper, KpoolError, says)
        proper = kops.logical_and(proper, ids >= 0)
        counted = proper if counted is None else kops.logical_and(proper, counted)
        ids = kops.where(counted, ids, 0)
        axes = len(elements.shape) - 2
        flat = (x if x is None else flatten(x, axes) for x in (elements, counted, weights))
        return Segments(flatten(ids, axes), self.num, self.longest, *flat)

    def padded(self, regions: Tensor) -> Tensor:
        return regions.to_tensor(default_value=-1) if ops.is_ragged(regions) else ops.padded(regions)

    def grid(self, positions: Shape, regions: Shape | None = None) -> Shape:
        if regions is not None and (
            len(regions) != 1 + len(positions)
            or any(a is not None and b is not None and a != b for a, b in zip(regions[1:], positions, strict=True))
        ):
            raise SpecError(f"{self!r} must be given {self.asks}, not shape {tuple(regions)} for positions {positions}")
        return (self.num,)


class Segments(Bags):
    """Bags whose elements stand anywhere along axis 1. `counted` is always given; ids are 0 where it is False."""

    axis = 2

    def __init__(self, ids: Tensor, num: int, longest: int | None, *flat: Tensor) -> None:
        super().__init__(*flat)
        self._ids = ids
        self._num = num
        self._longest = longest

    def sum(
        self, *tensors: Tensor, of: Function = itself, given: Sequence[Tensor] = (), slope: Function | None = None
    ) -> Tensor:
        def summands() -> Tensor:
            x = of(*tensors, *(ops.take(g, self._ids) for g in given))
            x = x if self.weights is None else x * ops.expand(self.weights, x)
            return ops.where_expanded(self.counted, x, 0.0)

        return self._total(summands)

    def max(self, *tensors: Tensor, of: Function = itself) -> Tensor:
        x = of(*tensors)
        return self._shared_max(x) if ops.is_fused() else self._greatest(self._lined(x), self._ids)

    def first(self, tensor: Tensor) -> Tensor:
        return self._taken(tensor, self._starts)

    def last(self, tensor: Tensor) -> Tensor:
        return self._taken(tensor, self._starts + self._sizes - 1)

    def line_up(self, tensor: Tensor, fill: float) -> Tensor:
        slots = kops.arange(self._room(), dtype="int32")
        places = self._place(kops.expand_dims(self._starts, -1) + slots)
        return ops.where_expanded(slots < kops.expand_dims(self._sizes, -1), ops.take(tensor, places), fill)

    @functools.cached_property
    def size(self) -> Tensor:
        return kops.expand_dims(self._sum_parts(kops.cast(self.counted, self.elements.dtype), self._ids), -1)

    @functools.cached_property
    def _sizes(self) -> Tensor:
        return kops.cast(self.size[..., 0], "int32")

    @functools.cached_property
    def _starts(self) -> Tensor:
        """Where each bag starts among the elements in the order of their bags: (batch, num)."""
        return kops.cumsum(self._sizes, axis=1) - self._sizes

    @functools.cached_property
    def _order(self) -> Tensor:
        """The places of the elements, bag by bag; those in no bag last: (batch, steps)."""
        # Every backend's sort is stable (Keras 3.15.1), and so keeps the order within a bag
        return kops.cast(kops.argsort(kops.where(self.counted, self._ids, self._num), axis=1), "int32")

    def _place(self, slot: Tensor) -> Tensor:
        return ops.take(self._order, kops.clip(slot, 0, kops.shape(self.elements)[1] - 1))

    def _taken(self, tensor: Tensor, slot: Tensor) -> Tensor:
        return ops.where_expanded(self._sizes > 0, ops.take(tensor, self._place(slot)), 0.0)

    def _room(self) -> int | Tensor:
        if self._longest is None:
            concrete = ops.is_concrete(self._sizes)
            return int(ops.greatest(self._sizes, initial=0)) if concrete else kops.shape(self._ids)[1]
        says = f"a segment is longer than longest={self._longest}; give more"
        ops.require(self._sizes <= self._longest, KpoolError, says)
        return self._longest

    @functools.cached_property
    def _runs(self) -> Runs:
        return Runs(self._ids, self.counted, self._num)

    def _total(self, summands: Callable[[], Tensor]) -> Tensor:
        if not ops.is_fused():
            return self._sum_parts(summands(), self._ids)
        total = self._sum_parts(self._runs.join(summands(), sum_all, 0.0), self._runs.ids)
        return self._runs.with_stray(total, summands, 0.0, lambda x: total + self._sum_parts(x, self._ids))

    def _lined(self, x: Tensor) -> Tensor:
        return ops.where_expanded(self.counted, x, -float("inf"))

    def _shared_max(self, x: Tensor) -> Tensor:
        """The greatest, of runs; elements that tie share the gradient."""

        @kops.custom_gradient
        def greatest(x: Tensor) -> tuple[Tensor, Function]:
            runs, low = self._runs, -float("inf")
            y = self._greatest(runs.join(self._lined(x), max_all, low), runs.ids)
            y = runs.with_stray(
                y, lambda: self._lined(x), low, lambda stray: max_all([y, self._greatest(stray, self._ids)])
            )

            def chosen() -> Tensor:
                return kops.cast(self._lined(x) == ops.take(y, self._ids), x.dtype)

            def shared(upstream: Tensor) -> Tensor:
                share = ops.divide(upstream, self._total(chosen))
                return ops.where_expanded(self.counted, chosen() * ops.take(share, self._ids), 0.0)

            return y, shared

        return greatest(x)

    def _greatest(self, x: Tensor, ids: Tensor) -> Tensor:
        nan = kops.isnan(x)
        known = kops.where(nan, kops.zeros_like(x), x)
        greatest = self._reduced(ops.segment_max, known, ids, self._num)
        # Of a bag without elements TensorFlow (2.21) says the least finite number
        greatest = ops.where_expanded(self.size[..., 0] > 0, greatest, -float("inf"))
        return kops.where(self._sum_parts(kops.cast(nan, x.dtype), ids) > 0, float("nan"), greatest)

    def _sum_parts(self, x: Tensor, ids: Tensor) -> Tensor:
        """Sums in parts of about 64, or of 2 num if that is more: one running sum over T errs by up to T eps."""
        steps = kops.shape(x)[1]
        parts = steps // max(BLOCK, 2 * self._num) + 1
        part = kops.arange(steps, dtype="int32") % parts
        total = self._reduced(ops.segment_sum, x, ids * parts + part, self._num * parts)
        rows, _, *rest = kops.shape(total)
        return sum_steps(ops.reshape(total, (rows, self._num, parts, *rest)), axis=2)

    def _reduced(self, reduce: Function, x: Tensor, ids: Tensor, num: int) -> Tensor:
        """(batch, steps, …) -> (batch, num, …)"""
        rows, steps, *rest = kops.shape(x)
        if isinstance(rows, int) and rows == 0:  # PyTorch reduces no empty batch
            return kops.zeros((0, num, *rest), x.dtype)
        ids = kops.expand_dims(kops.arange(rows, dtype="int32"), 1) * num + ids
        x, ids = ops.reshape(x, (rows * steps, *rest)), ops.reshape(ids, (-1,))
        return ops.reshape(reduce(x, ids, rows * num), (rows, num, *rest))
