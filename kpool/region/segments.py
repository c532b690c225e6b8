"""Segments, given with each call: the graphs of a packed batch, the regions of an image."""

from __future__ import annotations

import functools
from collections.abc import Iterable

from keras import ops as kops

from kpool import masks, ops
from kpool.bags import Function, itself, slope_of_itself
from kpool.errors import KpoolError, SpecError
from kpool.ops import Tensor, Tensors
from kpool.parameters import Count
from kpool.region.base import Region, Shape
from kpool.region.everything import flatten
from kpool.region.parted import Parted
from kpool.region.runs import MAX, SUM, Runs


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


class Segments(Parted):
    """Bags whose elements stand anywhere along axis 1. `counted` is always given; ids are 0 where it is False."""

    axis = 2

    def __init__(self, ids: Tensor, num: int, longest: int | None, *flat: Tensor) -> None:
        super().__init__(*flat)
        self._ids = ids
        self._num = num
        self._longest = longest

    def sum(
        self, *tensors: Tensor, of: Function = itself, given: Tensors = (), slope: Function | None = None
    ) -> Tensor:
        slope = slope_of_itself if slope is None and of is itself else slope
        return super().sum(*tensors, of=of, given=given, slope=slope)

    def max(self, *tensors: Tensor, of: Function = itself) -> Tensor:
        x = of(*tensors)
        if ops.is_fused():
            return self._shared_max(x)
        return self._or_nan(x, self._of_some(ops.max_by_id(self._ordered(x), self._ids, self._num)))

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
        return kops.expand_dims(ops.sum_by_id(kops.cast(self.counted, self.elements.dtype), self._ids, self._num), -1)

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

    def _sums(self, of: Function, given: Tensors, *tensors: Tensor, both: bool) -> Tensors:
        def summands(*tensors: Tensor) -> list[Tensor]:
            each = of(*tensors, *self._along(given))
            return [self._weighed(x) for x in (each if both else [each])]

        if not both:
            return [self._total(lambda *tensors: summands(*tensors)[0], *tensors)]
        if ops.is_fused():
            total = self._total(lambda *tensors: ops.as_complex(*summands(*tensors)), *tensors)
            return kops.real(total), kops.imag(total)
        return [ops.sum_by_id(x, self._ids, self._num) for x in summands(*tensors)]

    def _along(self, values: Iterable[Tensor]) -> list[Tensor]:
        return [x if isinstance(x, float) else ops.take(x, self._ids) for x in values]

    def _slopes(
        self, of: Function, slope: Function, given: Tensors, tensors: Tensors, of_sums: Tensors
    ) -> list[Tensor]:
        return super()._slopes(of, slope, given, tensors, ops.made_once(of_sums, tensors[0]))

    def _place(self, slot: Tensor) -> Tensor:
        return ops.take(self._order, kops.clip(slot, 0, kops.shape(self.elements)[1] - 1))

    def _taken(self, tensor: Tensor, slot: Tensor) -> Tensor:
        return ops.where_expanded(self._sizes > 0, ops.take(tensor, self._place(slot)), 0.0)

    def _room(self) -> int | Tensor:
        says = f"a segment is longer than longest={self._longest}; give more"
        return ops.room(self._sizes, self._longest, kops.shape(self._ids)[1], says)

    @functools.cached_property
    def _runs(self) -> Runs:
        return Runs(self._ids, self.counted, self._num)

    def _total(self, summand: Function, *tensors: Tensor) -> Tensor:
        if not ops.is_fused():
            return ops.sum_by_id(summand(*tensors), self._ids, self._num)
        return self._runs.joined(SUM, summand, *tensors)

    def _ordered(self, x: Tensor) -> Tensor:
        """−∞ for what is not counted, ∞ for NaN."""
        return ops.where_expanded(self.counted, kops.where(kops.isnan(x), float("inf"), x), -float("inf"))

    def _of_some(self, greatest: Tensor) -> Tensor:
        """−∞ of a bag without elements."""
        return ops.where_expanded(self.size[..., 0] > 0, greatest, -float("inf"))

    def _or_nan(self, x: Tensor, greatest: Tensor) -> Tensor:
        """NaN of a bag with one among its elements."""
        nan = self._total(lambda x: ops.where_expanded(self.counted, kops.cast(kops.isnan(x), x.dtype), 0.0), x)
        return kops.where(nan > 0, float("nan"), greatest)

    def _shared_max(self, x: Tensor) -> Tensor:
        """The greatest, of runs; elements that tie share the gradient."""

        @kops.custom_gradient
        def greatest(x: Tensor) -> tuple[Tensor, Function]:
            y = self._of_some(self._runs.joined(MAX, self._ordered, x))
            doubtful = kops.any(kops.equal(y, float("inf")))
            y = ops.unless_told(kops.logical_not(doubtful), y, lambda x: self._or_nan(x, y), x)

            def chosen(x: Tensor, y: Tensor) -> Tensor:
                return ops.where_expanded(self.counted, kops.cast(x == ops.take(y, self._ids), x.dtype), 0.0)

            def shared(upstream: Tensor) -> Tensor:
                return chosen(x, y) * ops.take(ops.divide(upstream, self._total(chosen, x, y)), self._ids)

            return y, shared

        return greatest(x)
