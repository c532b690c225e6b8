"""Bags on a grid: the windows of an input, and what can be asked of them."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

from keras import ops as kops

from kpool import ops
from kpool.bags import Function, itself, slope_of_itself
from kpool.ops import Tensor, Tensors
from kpool.ops.ranks import of_ranks
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
            return self._sloped(self._total, [self._weighed(of(*tensors))], slope_of_itself, lambda _, of_sum: [of_sum])
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

    def neighbours(self, tensor: Tensor, *ranks: Tensor) -> list[tuple[Tensor, Tensor]]:
        if not self._few:
            return super().neighbours(tensor, *ranks)
        wanted = [each for rank in ranks for each in (rank, rank + 1)]
        found = self._chosen(tensor, float("inf"), lambda views: of_ranks(views, wanted))
        return list(zip(found[::2], found[1::2], strict=True))

    def sum_places(self, tensor: Tensor, weights: Tensor) -> Tensor:
        def total(x: Tensor, weights: Tensor) -> Tensor:
            each = zip((weights[i] for i in range(self._each)), self._views(x, 0.0), strict=True)
            return self._added(weight * view for weight, view in each)

        if not self.guesses:
            return total(tensor, weights)

        @kops.custom_gradient
        def told(x: Tensor, weights: Tensor) -> tuple[Tensor, Function]:
            def gradient(upstream: Tensor) -> list[Tensor]:
                (of_x,) = self._spread([upstream], lambda spread, along: [spread.of_place(weights) * along])
                flat = (ops.reshape(upstream * view, (-1, upstream.shape[-1])) for view in self._views(x, 0.0))
                of_weights = kops.stack([sum_steps(products, 0) for products in flat])
                if weights.shape[-1] == 1:
                    of_weights = kops.sum(of_weights, axis=-1, keepdims=True)
                return [fill_gaps(self._gaps, of_x, 0.0), of_weights]

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

        def shares(values: list[Tensor], *upstream: Tensor) -> list[Tensor]:
            ties = (self._added(kops.cast(view == y, y.dtype) for view in self._views(x, fill)) for y in values)
            return [*values, *map(ops.divide, upstream, ties)]

        def slope(x: Tensor, *given: Tensor) -> tuple[Tensor]:
            each = zip(given[: len(given) // 2], given[len(given) // 2 :], strict=True)
            return (fill_gaps(self._gaps, sum(kops.where(x == y, of, kops.zeros_like(x)) for y, of in each), 0.0),)

        told: list[Tensor] = self._sloped(chosen, [x], slope, shares, store=True)
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
            slope: The gradients of the elements, of the tensors and what `of_bags` makes of value and gradients.
            store: Whether what it makes of them is dear: XLA would make it anew for each of an element's windows.
        """
        if not self.guesses:
            return value(*tensors)

        @kops.custom_gradient
        def sloped(*tensors: Tensor) -> tuple[Any, Function]:
            def gradient(*upstream: Tensor) -> list[Tensor]:
                along = of_bags(values, *upstream)
                return self._spread(along, lambda _, *along: slope(*tensors, *along), store=store)

            values = value(*tensors)
            return values, gradient

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
        along = [*map(ops.again, given), *of_sums]
        return self._spread(along, lambda _, *along: weighing(*tensors, *along))

    def _spread(self, of_bags: Tensors, slopes: Function, *, store: bool = False) -> list[Tensor]:
        """The sum of the slopes in every window that an element is in: slopes(spread, *what it has of the bags)."""
        places = list(map(Place, self._axes, self._margins, kops.shape(self.elements)[1:]))
        backs = list(itertools.product(*(range(axis.overlaps) for axis in self._axes)))
        padded = [pad(x, places) for x in of_bags]
        if store and len(backs) > 1:
            padded = [ops.stored(x, self.elements) for x in padded]
        spreads = [Spread(places, back) for back in backs]
        each = [spread.inside(slopes(spread, *map(spread.along, padded))) for spread in spreads]
        return [sum_pairs(iter(parts), len(parts)) for parts in zip(*each, strict=True)]
