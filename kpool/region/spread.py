"""What windows say of themselves, spread over the elements they hold."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Sequence
from typing import NamedTuple

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
        overhang = self.span - 1 - (length + self.stride - 1) % self.stride
        missing = max(overhang, 0) if isinstance(length, int) else kops.maximum(overhang, 0)
        return missing // 2, missing - missing // 2

    @property
    def overlaps(self) -> int:
        """How many windows an element may be in."""
        return int(ops.ceil_divide(self.size, self.stride))

    def view(self, element: int) -> slice:
        """The positions that are the given element of some window, on the padded axis."""
        behind = (self.size - 1 - element) * self.dilation
        return slice(element * self.dilation, -behind or None, self.stride)


class Place(NamedTuple):
    """Windows along one axis of an input."""

    axis: Axis
    margins: tuple[int | Tensor, int | Tensor]
    length: int | Tensor


class Spread:
    """The windows' values at the elements they hold: of the windows an element is in, the last but `back`.

    Args:
        places: Of each axis of positions.
        back: Along each of them.
    """

    def __init__(self, places: Sequence[Place], back: Sequence[int]) -> None:
        self._places = list(zip(itertools.count(1), places, back))

    def along(self, padded: Tensor) -> Tensor:
        """What `pad` gives -> (batch, *positions, …)"""
        for i, (axis, (before, _), length), back in self._places:
            first = axis.overlaps - 1 - back
            windows = ops.ceil_divide(before + length, axis.stride)
            padded = padded[(slice(None),) * i + (slice(first, first + windows),)]
            padded = kops.repeat(padded, axis.stride, axis=i)
            padded = padded[(slice(None),) * i + (slice(before, before + length),)]
        return padded

    def of_place(self, values: Tensor) -> Tensor:
        """What the places of a window have, (places, …), at the elements that stand there: (1, *positions, …)."""
        place: Tensor = 0
        for along in self._places:
            i, (axis, _, _), _ = along
            _, inside = self._window(along)
            place = place * axis.size + self._laid_out(kops.minimum(inside, axis.size - 1), i)
        return kops.expand_dims(kops.take(values, place, axis=0), 0)

    def inside(self, slopes: Sequence[Tensor]) -> list[Tensor]:
        """0 where there is no such window, or the element is not in it."""
        held = functools.reduce(kops.logical_and, map(self._held, self._places))
        return [kops.where(ops.expand(kops.expand_dims(held, 0), x), x, kops.zeros_like(x)) for x in slopes]

    def _held(self, along: tuple[int, Place, int]) -> Tensor:
        i, (axis, (before, behind), length), _ = along
        windows = (before + length + behind - axis.span) // axis.stride + 1
        window, place = self._window(along)
        exists = kops.logical_and(window >= 0, window < windows)
        return self._laid_out(kops.logical_and(exists, place < axis.size), i)

    def _window(self, along: tuple[int, Place, int]) -> tuple[Tensor, Tensor]:
        """Along an axis, each position's window, and its place there: negative or too great where it is in none."""
        _, (axis, (before, _), length), back = along
        position = kops.arange(length, dtype="int32") + before
        window = position // axis.stride - back
        return window, position - window * axis.stride

    def _laid_out(self, along: Tensor, i: int) -> Tensor:
        return ops.reshape(along, [-1 if j == i else 1 for j in range(1, len(self._places) + 1)])


def pad(x: Tensor, places: Sequence[Place]) -> Tensor:
    """(batch, *grid, …) with room for the windows before the first and behind the last that elements ask for.

    Once for all of an element's windows: XLA stores what is padded, and reads it at each of them.
    """
    widths = [[0, 0] for _ in x.shape]
    for i, (axis, (before, _), length) in enumerate(places, 1):
        behind = ops.ceil_divide(before + length, axis.stride) - kops.shape(x)[i]
        widths[i] = [axis.overlaps - 1, max(behind, 0) if isinstance(behind, int) else kops.maximum(behind, 0)]
    return kops.pad(x, widths)
