"""Spans of a sequence, given with each call: words of a sentence, chunks of a document."""

from __future__ import annotations

from keras import ops as kops

from kpool import ops
from kpool.errors import KpoolError, SpecError
from kpool.ops import Tensor
from kpool.parameters import Count
from kpool.region.base import Region, Shape
from kpool.region.lined import Lined


class Spans(Region, name="spans"):
    """Spans of steps: (batch, steps, features) and regions (batch, n, 2) -> (batch, n, features).

    Span [a, b) has the steps a to b − 1. Spans may overlap and may be empty, as [0, 0) is where a row has fewer.

    Args:
        longest: The most steps of a span. Where none is given, a compiled call makes room for all steps in every span;
            an eager one looks for the longest.

    Source: Günther et al. 2024 (late chunking), arXiv:2409.04701, alg. 1.
    """

    asks = "the spans [start, end), whole numbers of shape (batch, n, 2)"

    def __init__(self, longest: Count | None = None) -> None:
        self.longest = longest

    def bags(self, elements: Tensor, counted: Tensor | None, weights: Tensor | None, regions: Tensor = None) -> Lined:
        self.grid(tuple(elements.shape[1:-1]), tuple(regions.shape))
        steps = kops.shape(elements)[1]
        spans, whole = ops.as_whole(regions)
        starts, ends = kops.unstack(spans, 2, axis=-1)
        proper = kops.logical_and(kops.logical_and(starts >= 0, starts <= ends), ends <= steps)
        proper = kops.logical_and(proper, kops.all(whole, axis=-1))
        says = f"{self!r}: regions must hold spans [start, end), whole numbers with 0 ≤ start ≤ end ≤ steps"
        ops.require(proper, KpoolError, says)
        places = kops.expand_dims(starts, -1) + kops.arange(self._room(ends - starts, steps), dtype="int32")
        inside = kops.logical_and(places >= 0, places < kops.expand_dims(kops.minimum(ends, steps), -1))
        places = kops.where(inside, places, 0)
        counted = inside if counted is None else kops.logical_and(inside, ops.take(counted, places))
        weights = None if weights is None else ops.take(weights, places)
        return Lined(ops.where_expanded(counted, ops.take(elements, places), 0.0), counted, weights)

    def grid(self, positions: Shape, regions: Shape | None = None) -> Shape:
        if len(positions) != 1:
            raise SpecError(f"{self!r} cuts sequences, (batch, steps, features), not {len(positions)} position axes")
        if regions is None:
            return (None,)
        if len(regions) != 3 or regions[-1] not in (2, None):
            raise SpecError(f"{self!r} must be given {self.asks}, not {tuple(regions)}")
        return (regions[1],)

    def _room(self, lengths: Tensor, steps: int | Tensor) -> int | Tensor:
        says = f"{self!r}: a span is longer than longest={self.longest}; give more"
        return ops.room(lengths, self.longest, steps, says)
