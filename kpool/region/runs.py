"""Neighbours in the same segment, joined before they are scattered."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import NamedTuple

from keras import ops as kops

from kpool import ops
from kpool.bags import Function
from kpool.ops import Tensor
from kpool.ops.sums import max_all, sum_all

_GROUP = 8


class Join(NamedTuple):
    """How elements become one: side by side, by the ids of their segments, and two results of that."""

    neighbours: Callable[[Sequence[Tensor]], Tensor]
    by_id: Callable[[Tensor, Tensor, int], Tensor]
    both: Callable[[Tensor, Tensor], Tensor]
    nothing: float


SUM = Join(sum_all, ops.sum_by_id, lambda a, b: a + b, 0.0)
MAX = Join(max_all, ops.max_by_id, kops.maximum, -float("inf"))


class Runs:
    """Groups of 8 neighbours, each made into one row before rows are scattered.

    Under XLA on CPU (TF 2.21) a row costs as much to scatter as eight to read. Where segments are in order, as in a
    packed batch, a group's row holds the elements of its lowest segment; those of others in it are the heads of their
    segments, one for each, which are gathered. In any other order a group is made into two rows, of its lowest and of
    its highest segment, and elements of a third are scattered one by one.

    Args:
        ids: The segment of each element: (batch, steps).
        counted: Which elements count: (batch, steps).
        num: How many segments there are.
    """

    def __init__(self, ids: Tensor, counted: Tensor, num: int) -> None:
        rows, steps = kops.shape(ids)
        self._num = num
        self._steps = steps // _GROUP * _GROUP
        self._shape = (rows, steps // _GROUP, _GROUP)
        ids = kops.where(counted, ids, -1)
        self._each = ops.reshape(ids[:, : self._steps], self._shape)
        self._rest = kops.maximum(ids[:, self._steps :], 0)
        low = ops.least(kops.where(self._each < 0, num, self._each), -1, initial=num)
        high = ops.greatest(self._each, -1, initial=-1)
        self._low, self._high = kops.where(kops.equal(low, num), 0, low), kops.maximum(high, 0)
        self._in_low = self._each == kops.expand_dims(low, -1)
        self._in_high = kops.logical_and(self._each == kops.expand_dims(high, -1), kops.logical_not(self._in_low))
        self._head = kops.minimum(_groups_below(high, num), steps // _GROUP - 1)
        groups = kops.reshape(kops.arange(steps // _GROUP, dtype="int32"), (1, -1, 1))
        in_its_head = ops.take(self._head, kops.maximum(self._each, 0)) == groups
        self._rises = kops.all(kops.logical_or(kops.logical_or(self._in_low, in_its_head), self._each < 0))

    def joined(self, join: Join, of: Function, *tensors: Tensor) -> Tensor:
        """What `of` gives of the tensors, (batch, steps, …), joined segment by segment: (batch, num, …)."""
        in_order, in_any_order = (functools.partial(f, join, of) for f in (self._in_order, self._in_any_order))

        def spare() -> Tensor:
            x = of(*tensors)
            return kops.zeros((self._shape[0], self._num, *kops.shape(x)[2:]), x.dtype)

        return ops.either(self._rises, in_order, in_any_order, *tensors, spare=spare)

    def _in_order(self, join: Join, of: Function, *tensors: Tensor) -> Tensor:
        x = of(*tensors)
        low = self._rows(join, self._groups(x), self._in_low)
        ids = kops.concatenate([self._low, self._rest], axis=1)
        joined = join.by_id(kops.concatenate([low, x[:, self._steps :]], axis=1), ids, self._num)
        # of what it sums twice XLA would store the summands
        groups = self._groups(of(*map(ops.again, tensors)))
        segments = kops.arange(self._num)
        heads = kops.logical_and(
            ops.take(self._each, self._head) == kops.reshape(segments, (1, -1, 1)),
            kops.logical_not(ops.take(self._in_low, self._head)),
        )
        return join.both(joined, self._rows(join, ops.take(groups, self._head), heads))

    def _in_any_order(self, join: Join, of: Function, *tensors: Tensor) -> Tensor:
        x = of(*tensors)
        groups = self._groups(x)
        low, high = (self._rows(join, groups, chosen) for chosen in (self._in_low, self._in_high))
        ids = kops.concatenate([self._low, self._high, self._rest], axis=1)
        joined = join.by_id(kops.concatenate([low, high, x[:, self._steps :]], axis=1), ids, self._num)
        neither = kops.logical_not(kops.logical_or(kops.logical_or(self._in_low, self._in_high), self._each < 0))

        def with_strays(*tensors: Tensor) -> Tensor:
            x = self._groups(of(*tensors))
            strays = _chosen(neither, x, join.nothing)
            flat = ops.reshape(strays, (self._shape[0], self._steps, *kops.shape(x)[3:]))
            ids = ops.reshape(kops.maximum(self._each, 0), (self._shape[0], self._steps))
            return join.both(joined, join.by_id(flat, ids, self._num))

        return ops.unless(kops.logical_not(kops.any(neither)), joined, with_strays, *tensors)

    def _groups(self, x: Tensor) -> Tensor:
        return ops.reshape(x[:, : self._steps], (*self._shape, *kops.shape(x)[2:]))

    def _rows(self, join: Join, groups: Tensor, chosen: Tensor) -> Tensor:
        """The chosen elements of each group, joined."""
        each, inside = (kops.unstack(x, _GROUP, axis=2) for x in (groups, chosen))
        return join.neighbours([_chosen(*pair, join.nothing) for pair in zip(inside, each, strict=True)])


def _chosen(here: Tensor, x: Tensor, nothing: float) -> Tensor:
    return kops.where(ops.expand(here, x), x, kops.cast(nothing, x.dtype))


def _groups_below(high: Tensor, num: int) -> Tensor:
    """How many groups come before the first that reaches a segment, if they are in order: (batch, num).

    Groups without an element may stand behind all others only: else what is found is not the first.
    """
    reached = kops.where(high < 0, num, high)
    ending = ops.sum_by_id(kops.ones_like(reached, "float32"), reached, num + 1)
    return kops.cast(kops.cumsum(ending, axis=1) - ending, "int32")[:, :num]
