"""Neighbours in the same segment, joined before they are scattered."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from keras import ops as kops

from kpool import ops
from kpool.ops import Tensor

_GROUP = 8


class Runs:
    """Groups of 8 neighbours, each made into two rows: of its lowest and of its highest segment.

    Under XLA on CPU (TF 2.21) a row costs as much to scatter as eight to read. Where segments are sorted, as in a
    packed batch, two rows hold a group, unless a segment of fewer than 7 elements lies within it: what is left is
    `stray`.

    Args:
        ids: The segment of each element: (batch, steps).
        counted: Which elements count: (batch, steps).
        num: How many segments there are.

    Attributes:
        ids: The segments of the rows that `join` makes: (batch, rows).
        stray: The elements that are in none of them: bool (batch, steps).
    """

    def __init__(self, ids: Tensor, counted: Tensor, num: int) -> None:
        rows, steps = kops.shape(ids)
        self._steps = steps // _GROUP * _GROUP
        ids = kops.where(counted, ids, -1)
        self._shape = (rows, steps // _GROUP, _GROUP)
        self._each = ops.reshape(ids[:, : self._steps], self._shape)
        self._low = ops.least(kops.where(self._each < 0, num, self._each), -1, keepdims=True, initial=num)
        self._high = ops.greatest(self._each, -1, keepdims=True, initial=-1)
        low, high = kops.where(kops.equal(self._low, num), 0, self._low), kops.maximum(self._high, 0)
        behind = ids[:, self._steps :]
        self.ids = kops.concatenate([low[..., 0], high[..., 0], kops.maximum(behind, 0)], axis=1)
        neither = kops.logical_and(self._each != self._low, self._each != self._high)
        stray = ops.reshape(kops.logical_and(neither, self._each >= 0), (rows, self._steps))
        self.stray = kops.concatenate([stray, kops.zeros_like(behind, "bool")], axis=1)

    def join(self, x: Tensor, join: Callable[[Sequence[Tensor]], Tensor], fill: float) -> Tensor:
        """(batch, steps, …) -> (batch, rows, …); `fill` is what joins as nothing."""
        rest = kops.shape(x)[2:]
        each = kops.unstack(ops.reshape(x[:, : self._steps], (*self._shape, *rest)), _GROUP, axis=2)
        in_low = kops.equal(self._each, self._low)
        in_high = kops.logical_and(kops.equal(self._each, self._high), kops.logical_not(in_low))
        parts = [join(_chosen(each, inside, fill)) for inside in (in_low, in_high)]
        return kops.concatenate([*parts, x[:, self._steps :]], axis=1)

    def with_stray(
        self, joined: Tensor, x: Callable[[], Tensor], fill: float, take_in: Callable[[Tensor], Tensor]
    ) -> Tensor:
        """What the rows gave; where elements are in none of them, what `take_in` makes of those.

        `x` is made anew, as XLA stores whatever a branch is given.
        """
        stray = self.stray
        return kops.cond(kops.any(stray), lambda: take_in(ops.where_expanded(stray, x(), fill)), lambda: joined)


def _chosen(each: Sequence[Tensor], inside: Tensor, fill: float) -> list[Tensor]:
    chosen = kops.unstack(inside, _GROUP, axis=2)
    return [ops.where_expanded(one, x, fill) for one, x in zip(chosen, each, strict=True)]
