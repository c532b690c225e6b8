"""What windows say of themselves, spread over the elements they hold."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from keras import ops as kops

from kpool import ops
from kpool.ops import Tensor


class Axis:
    """A window along one axis: `size` elements, `dilation` apart, every `stride` positions."""

    def __init__(self, size: int, stride: int, dilation: int) -> None:
        self.size, self.stride, self.dilation = size, stride, dilation
        self.span = dilation * (size - 1) + 1

    def margins(self, length: int | Tensor) -> tuple[int | Tensor, int | Tensor]:
        """Positions missing before and behind, so that ⌈length / stride⌉ windows fit; the odd one stands behind."""
        overhang = self.span - 1 - (length - 1) % self.stride
        missing = max(overhang, 0) if isinstance(length, int) else kops.maximum(overhang, 0)
        return missing // 2, missing - missing // 2

    @property
    def overlaps(self) -> int:
        """How many windows an element may be in."""
        return -(-self.size // self.stride)

    def view(self, element: int) -> slice:
        """The positions that are the given element of some window, on the padded axis."""
        behind = (self.size - 1 - element) * self.dilation
        return slice(element * self.dilation, -behind or None, self.stride)


class Spread:
    """The windows' values at the elements they hold: of the windows an element is in, the last but `back`."""

    def __init__(
        self,
        shape: Sequence[int | Tensor],
        axes: Sequence[Axis],
        margins: Sequence[tuple[int | Tensor, int | Tensor]],
        back: Sequence[int],
    ) -> None:
        self._axes = list(zip(itertools.count(1), axes, margins, shape[1:], back))

    def along(self, x: Tensor) -> Tensor:
        """(batch, *grid, …) -> (batch, *positions, …)"""
        for i, axis, (before, _), length, back in self._axes:
            behind = (before + length - 1) // axis.stride + 1 - back - kops.shape(x)[i]
            if back or not isinstance(behind, int) or behind > 0:
                behind = max(behind, 0) if isinstance(behind, int) else kops.maximum(behind, 0)
                x = kops.pad(x, [[back, behind] if j == i else [0, 0] for j in range(len(x.shape))])
            x = kops.repeat(x, axis.stride, axis=i)
            x = x[(slice(None),) * i + (slice(before, before + length),)]
        return x

    def inside(self, slopes: Sequence[Tensor]) -> list[Tensor]:
        """0 where the element is not in that window."""
        rank = len(self._axes)
        held = None
        for i, axis, (before, _), length, back in self._axes:
            place = (kops.arange(length, dtype="int32") + before) % axis.stride + back * axis.stride
            if axis.size % axis.stride or back >= axis.overlaps:
                along = kops.reshape(place < axis.size, [-1 if j == i - 1 else 1 for j in range(rank)])
                held = along if held is None else kops.logical_and(held, along)
        return [x if held is None else kops.where(self._over(held, x), x, kops.zeros_like(x)) for x in slopes]

    def _over(self, held: Tensor, x: Tensor) -> Tensor:
        """(*positions) -> (1, *positions, 1…), as many axes as `x` has."""
        held = kops.broadcast_to(held, [length for _, _, _, length, _ in self._axes])
        return ops.expand(kops.expand_dims(held, 0), x)
