"""Bags on a grid: the windows of an input, and what can be asked of them."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

from keras import ops as kops

from kpool import ops
from kpool.bags import Function, itself, slope_of_itself
from kpool.ops import Tensor, Tensors
from kpool.ops.ranks import neighbours_few
from kpool.ops.safe import fill_gaps
from kpool.ops.sums import max_all, sum_pairs, sum_steps
from kpool.region.spread import Place, Spread, pad
from kpool.region.told import Told
from kpool.region.views import Viewed

_FEW = 32
"""So many elements a window has at most for them to be put in order by exchanges, of whole views."""


class Windows(Viewed, Told):
    """Bags on a grid, whose gradients are told under XLA: each element's is found in one loop over the input."""

    def sum(
        self, *tensors: Tensor, of: Function = itself, given: Tensors = (), slope: Function | None = None
    ) -> Tensor:
        if not given:
            return self._sloped(self._total, [self._weighed(of(*tensors))], slope_of_itself, lambda of_sum: [of_sum])
        if slope is None:
            return self._sum(of, given, *tensors)
        return super().sum(*tensors, of=of, given=given, slope=slope)

    def max(self, *tensors: Tensor, of: Function = itself) -> Tensor:
        (greatest,) = self._chosen(of(*tensors), -float("inf"), lambda views: [max_all(views)])
        return greatest

    @property
    def _few(self) -> bool:
        """Whether elements are put in order by exchanges."""
        return self._each <= _FEW and (self.guesses or not ops.is_fused())

    def mean_of_largest(self, tensor: Tensor, k: int | float) -> Tensor:
        return self._mean_by_rank(tensor, k) if self._few else super().mean_of_largest(tensor, k)

    def neighbours(self, tensor: Tensor, rank: Tensor) -> tuple[Tensor, Tensor]:
        if not self._few:
            return super().neighbours(tensor, rank)
        low, above = self._chosen(tensor, float("inf"), lambda views: neighbours_few(views, rank))
        return low, above

    def sum_places(self, tensor: Tensor, weights: Tensor) -> Tensor:
        def total(x: Tensor, weights: Tensor) -> Tensor:
            each = zip((weights[i] for i in range(self._each)), self._views(x, 0.0), strict=True)
            return self._added(weight * view for weight, view in each)

        if not self.guesses:
            return total(tensor, weights)

        @kops.custom_gradient
        def told(x: Tensor, weights: Tensor) -> tuple[Tensor, Function]:
            def gradient(upstream: Tensor) -> list[Tensor]:
                spreads, (padded,) = self._spreads([upstream])
                each = [spread.inside([spread.of_place(weights) * spread.along(padded)])[0] for spread in spreads]
                flat = (ops.reshape(upstream * view, (-1, upstream.shape[-1])) for view in self._views(x, 0.0))
                of_weights = kops.stack([sum_steps(products, 0) for products in flat])
                if weights.shape[-1] == 1:
                    of_weights = kops.sum(of_weights, axis=-1, keepdims=True)
                return [fill_gaps(self._gaps, sum_pairs(iter(each), len(each)), 0.0), of_weights]

            return total(x, weights), gradient

        return told(tensor, weights)

    @property
    def guesses(self) -> bool:
        return ops.is_fused() and all(axis.dilation == 1 for axis in self._axes)

    def _added(self, summands: Iterator[Tensor]) -> Tensor:
        return sum_pairs(summands, self._each)

    def _total(self, x: Tensor) -> Tensor:
        return self._added(self._slices(x))

    def _chosen(self, x: Tensor, fill: float, choose: Callable[[list[Tensor]], list[Tensor]]) -> list[Tensor]:
        """Some of each window's elements, which share their gradient with those that tie.

        Args:
            choose: Gives them, of all views.
        """

        def chosen(x: Tensor) -> list[Tensor]:
            return choose(list(self._views(x, fill)))

        def slope(x: Tensor, *given: Tensor) -> tuple[Tensor]:
            each = zip(given[: len(values)], given[len(values) :], strict=True)
            return (fill_gaps(self._gaps, sum(kops.where(x == y, of, kops.zeros_like(x)) for y, of in each), 0.0),)

        values = chosen(x)
        if not ops.is_fused():
            return values
        ties = [self._added(kops.cast(view == y, y.dtype) for view in self._views(x, fill)) for y in values]

        told: list[Tensor] = self._sloped(
            chosen, [x], slope, lambda *of: [*values, *map(ops.divide, of, ties)], store=True
        )
        return told

    def _sum(self, of: Function, given: Tensors, *tensors: Tensor) -> Tensor:
        return self._added(self._summands(tensors, of, given))

    def _summands(self, tensors: Tensors, of: Function, given: Tensors) -> Iterator[Tensor]:
        for each, gap, weights in zip(
            zip(*(self._slices(t) for t in tensors), strict=True),
            self._slices(self._gaps, float("nan")),
            self._slices(self.weights),
            strict=True,
        ):
            summand = of(*each, *given)
            if weights is not None:
                summand = summand * ops.expand(weights, summand)
            yield fill_gaps(gap, summand, 0.0)

    def _sloped(
        self, value: Function, tensors: Tensors, slope: Function, of_bags: Function, *, store: bool = False
    ) -> Any:
        """A value of the tensors, whose gradient the slope tells: derived, it pads each view, one after the other.

        Args:
            slope: The gradients of the elements, of the tensors and what `of_bags` makes of the value's gradients.
            store: Whether what it makes of them is dear: XLA would make it anew for each of an element's windows.
        """
        if not self.guesses:
            return value(*tensors)

        @kops.custom_gradient
        def sloped(*tensors: Tensor) -> tuple[Any, Function]:
            def gradient(*upstream: Tensor) -> list[Tensor]:
                return self._spread(tensors, slope, of_bags(*upstream), store=store)

            return value(*tensors), gradient

        return sloped(*tensors)

    def _sums(self, of: Function, given: Tensors, *tensors: Tensor, both: bool) -> Tensors:
        if not both:
            return [self._sum(of, given, *tensors)]
        again = ops.again if ops.is_fused() else itself  # what both are made of XLA would store
        first = self._sum(lambda *x: of(*x)[0], given, *tensors)
        return first, self._sum(lambda *x: of(*map(again, x))[1], given, *tensors)

    def _stored(self, of: Function, given: Tensors, *tensors: Tensor, both: bool) -> Tensors:
        sums = self._sums(of, given, *tensors, both=both)
        return [ops.stored(x, self.elements) for x in sums] if ops.is_fused() else sums

    def _slopes(
        self, of: Function, slope: Function, given: Tensors, tensors: Tensors, of_sums: Tensors
    ) -> list[Tensor]:
        weighing = self._weighing(of, slope, len(tensors) + len(given))
        return self._spread(tensors, weighing, [*map(ops.again, given), *of_sums])

    def _spread(self, tensors: Tensors, slope: Function, of_bags: Tensors, *, store: bool = False) -> list[Tensor]:
        """The sum of the slopes in every window that an element is in."""
        spreads, padded = self._spreads(of_bags)
        if store and len(spreads) > 1:
            padded = [ops.stored(x, self.elements) for x in padded]
        each = [spread.inside(slope(*tensors, *map(spread.along, padded))) for spread in spreads]
        return [sum_pairs(iter(parts), len(parts)) for parts in zip(*each, strict=True)]

    def _spreads(self, of_bags: Tensors) -> tuple[list[Spread], list[Tensor]]:
        """A spread for each window that an element may be in, and what these take of the bags' values."""
        places = list(map(Place, self._axes, self._margins, kops.shape(self.elements)[1:]))
        backs = itertools.product(*(range(axis.overlaps) for axis in self._axes))
        return [Spread(places, back) for back in backs], [pad(x, places) for x in of_bags]
