"""What windows hold: the k-th elements of all of them are one strided view of the input."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

from keras import ops as kops

from kpool.ops import Tensor
from kpool.region.spread import Axis

Margin = tuple[int | Tensor, int | Tensor]
"""How many positions are added before and behind."""


def views_of(x: Tensor, axes: Sequence[Axis], margins: Sequence[Margin], fill: float) -> Iterator[Tensor]:
    """Each window's elements, one by one, of (batch, *positions, …) with `fill` in its margins."""
    padded = _pad(x, margins, fill)
    for element in itertools.product(*(range(axis.size) for axis in axes)):
        yield padded[(slice(None), *(axis.view(e) for axis, e in zip(axes, element, strict=True)))]


def _pad(x: Tensor, margins: Sequence[Margin], fill: float) -> Tensor:
    if all(isinstance(m, int) and m == 0 for pair in margins for m in pair):
        return x
    behind = len(x.shape) - 1 - len(margins)
    widths = [[0, 0], *([a, b] for a, b in margins), *([0, 0] for _ in range(behind))]
    return kops.pad(x, widths, constant_values=fill)
