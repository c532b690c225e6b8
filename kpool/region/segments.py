"""Segments, given with each call: the graphs of a packed batch, the regions of an image."""

from __future__ import annotations

import functools
from collections.abc import Sequence

from keras import ops as kops

from kpool import masks, ops
from kpool.bags import Bags, Function, itself
from kpool.errors import KpoolError, SpecError
from kpool.ops import Tensor
from kpool.parameters import Count
from kpool.region.base import Region, Shape
from kpool.region.everything import flatten
from kpool.sums import BLOCK, sum_steps


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

    def sum(self, *tensors: Tensor, of: Function = itself, given: Sequence[Tensor] = ()) -> Tensor:
        summands = of(*tensors, *(ops.take(g, self._ids) for g in given))
        if self.weights is not None:
            summands = summands * ops.expand(self.weights, summands)
        return self._total(ops.where_expanded(self.counted, summands, 0.0))

    def max(self, *tensors: Tensor, of: Function = itself) -> Tensor:
        x = ops.where_expanded(self.counted, of(*tensors), -float("inf"))
        nan = kops.isnan(x)
        known = kops.where(nan, kops.zeros_like(x), x)
        greatest = self._reduced(kops.segment_max, known, self._ids, self._num)
        # Of a bag without elements TensorFlow (2.21) says the least finite number
        greatest = ops.where_expanded(self.size[..., 0] > 0, greatest, -float("inf"))
        return kops.where(self._total(kops.cast(nan, x.dtype)) > 0, float("nan"), greatest)

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
        return kops.expand_dims(self._total(kops.cast(self.counted, self.elements.dtype)), -1)

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
            return int(kops.max(self._sizes, initial=0)) if ops.is_concrete(self._sizes) else kops.shape(self._ids)[1]
        says = f"a segment is longer than longest={self._longest}; give more"
        ops.require(self._sizes <= self._longest, KpoolError, says)
        return self._longest

    def _total(self, x: Tensor) -> Tensor:
        """Sums in parts of about 64 elements, or of num if that is more: one running sum over T errs by up to T eps."""
        steps = kops.shape(x)[1]
        parts = steps // max(BLOCK, self._num) + 1
        part = kops.arange(steps, dtype="int32") % parts
        total = self._reduced(kops.segment_sum, x, self._ids * parts + part, self._num * parts)
        rows, _, *rest = kops.shape(total)
        return sum_steps(kops.reshape(total, (rows, self._num, parts, *rest)), axis=2)

    def _reduced(self, reduce: Function, x: Tensor, ids: Tensor, num: int) -> Tensor:
        """(batch, steps, …) -> (batch, num, …)"""
        rows, steps, *rest = kops.shape(x)
        if isinstance(rows, int) and rows == 0:  # PyTorch reduces no empty batch
            return kops.zeros((0, num, *rest), x.dtype)
        ids = kops.expand_dims(kops.arange(rows, dtype="int32"), 1) * num + ids
        x, ids = kops.reshape(x, (rows * steps, *rest)), kops.reshape(ids, (-1,))
        return kops.reshape(reduce(x, ids, num_segments=rows * num), (rows, num, *rest))
