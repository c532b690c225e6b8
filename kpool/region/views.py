"""What windows hold: the k-th elements of all of them are one strided view of the input."""

from __future__ import annotations

import functools
import itertools
import math
import operator
from collections.abc import Iterator, Sequence

from keras import ops as kops

from kpool import ops
from kpool.bags import Bags
from kpool.ops import Tensor
from kpool.ops.safe import fill_gaps, gaps
from kpool.region.spread import Axis

Margin = tuple[int | Tensor, int | Tensor]
"""How many positions are added before and behind."""


class Viewed(Bags):
    """Bags on a grid. The k-th elements of all windows are one strided view of the input: no patch is ever copied."""

    def __init__(
        self,
        axes: list[Axis],
        margins: list[Margin],
        elements: Tensor,
        counted: Tensor | None,
        weights: Tensor | None,
    ) -> None:
        super().__init__(elements, counted, weights)
        self._axes = axes
        self._margins = margins
        self._each = math.prod(axis.size for axis in axes)

    def first(self, tensor: Tensor) -> Tensor:
        return self._pick(reversed(list(self._slices(tensor))), reversed(list(self._slices(self._counted))))

    def last(self, tensor: Tensor) -> Tensor:
        return self._pick(self._slices(tensor), self._slices(self._counted))

    def line_up(self, tensor: Tensor, fill: float) -> Tensor:
        return kops.stack(list(self._views(tensor, fill)), axis=self.axis)

    @property
    def axis(self) -> int:
        return len(self._axes) + 1

    @functools.cached_property
    def size(self) -> Tensor:
        ones = (kops.cast(view, self.elements.dtype) for view in self._slices(self._counted))
        return kops.expand_dims(functools.reduce(operator.add, ones), -1)

    @functools.cached_property
    def _gaps(self) -> Tensor:
        """NaN where an element does not count; None if every element counts."""
        return None if self.counted is None else gaps(self.counted, self.elements.dtype)

    def _views(self, tensor: Tensor, fill: float) -> Iterator[Tensor]:
        """Each window's elements, one by one, `fill` where not counted: K times (batch, *grid, …)."""
        # cut from what sums are cut from: of two tensors XLA would store one
        slices = self._slices(tensor, fill if self.counted is None else 0.0)
        each = zip(self._slices(self._gaps, float("nan")), slices, strict=True)
        return (fill_gaps(gap, view, fill) for gap, view in each)

    def _slices(self, x: Tensor, fill: float = 0) -> Iterator[Tensor]:
        """Each window's elements, one by one; K times None for None."""
        if x is None:
            return itertools.repeat(None, self._each)
        padded, elements = _pad(x, self._margins, fill), itertools.product(*(range(axis.size) for axis in self._axes))
        return (
            padded[(slice(None), *(axis.view(e) for axis, e in zip(self._axes, element, strict=True)))]
            for element in elements
        )

    def _pick(self, views: Iterator[Tensor], counted: Iterator[Tensor]) -> Tensor:
        """The last of the counted views, 0 where none is."""
        chosen: Tensor = 0.0
        for view, counts in zip(views, counted, strict=True):
            chosen = kops.where(ops.expand(counts, view), view, chosen * kops.ones_like(view))
        return chosen


def _pad(x: Tensor, margins: Sequence[Margin], fill: float) -> Tensor:
    if all(isinstance(m, int) and m == 0 for pair in margins for m in pair):
        return x
    behind = len(x.shape) - 1 - len(margins)
    widths = [[0, 0], *([a, b] for a, b in margins), *([0, 0] for _ in range(behind))]
    return kops.pad(x, widths, constant_values=fill)
