"""Order statistics of each feature."""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated, Any, Literal

from annotated_types import MinLen
from keras import ops as kops

import kpool
from kpool.bags import Bags
from kpool.ops import Tensor, where_expanded
from kpool.parameters import Fraction as Share

_FINEST = 2**15  # with a denominator below it, no product of the ranks leaves int32


class QuantilePooling(kpool.Pooling, name="quantile"):
    """Order statistics of each feature: the min at q = 0, the median at 0.5, the max at 1.

    y = x_⌊h⌋ + (h − ⌊h⌋) (x_⌈h⌉ − x_⌊h⌋),  h = q (n − 1),  x_0 ≤ x_1 ≤ …

    A weight only says whether an element counts.

    Args:
        q: The share of the others below, or a list of shares, whose answers stand side by side. It is taken as the
            nearest fraction with a denominator below 2¹⁵, so that ranks are counted in whole numbers: in float32,
            0.15 · 100 is more than 15.
        interpolation: What it is where h falls between two elements: "linear", as above; "lower" or "higher" of them;
            "nearest", or half-way between the one of even rank; "midpoint", their mean.

    Shape: (bag, features) -> (shares · features,)
    Empty: 0.
    Source: Hyndman & Fan 1996, Sample Quantiles in Statistical Packages, definition 7 (linear).
    """

    mergeable = False
    weights_repeat = False

    def __init__(
        self,
        q: Share | Annotated[list[Share], MinLen(1)] = 0.5,
        interpolation: Literal["linear", "lower", "higher", "nearest", "midpoint"] = "linear",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.shares = list(q) if isinstance(q, (list, tuple)) else [q]
        self.interpolation = interpolation

    def output_features(self, features: int) -> int:
        return len(self.shares) * features

    def pool(self, bags: Bags) -> Tensor:
        falling = bags.sorted(bags.elements)
        return kops.concatenate([self._quantile(q, falling, bags) for q in self.shares], axis=-1)

    def _quantile(self, q: float, falling: Tensor, bags: Bags) -> Tensor:
        last = kops.cast(bags.size, "int32") - 1
        low, rest, parts = _rank(q, kops.maximum(last, 0))
        if self.interpolation == "nearest":
            above = kops.logical_or(
                2 * rest > parts, kops.logical_and(kops.equal(2 * rest, parts), kops.equal(low % 2, 1))
            )
            return _at(last - low - kops.cast(above, "int32"), falling, bags.axis)
        high = low + kops.cast(rest > 0, "int32")
        share = {"linear": kops.cast(rest, falling.dtype) / parts, "lower": 0.0, "higher": 1.0, "midpoint": 0.5}
        x_low, x_high = (_at(last - rank, falling, bags.axis) for rank in (low, high))
        return x_low + share[self.interpolation] * (x_high - x_low)


def _rank(q: float, last: Tensor) -> tuple[Tensor, Tensor, int]:
    """q · last as a whole number and so many parts of another: ⌊·⌋, rest and the number of parts."""
    fraction = Fraction(str(q)).limit_denominator(_FINEST)
    times, parts = fraction.numerator, fraction.denominator
    behind = times * (last % parts)
    return times * (last // parts) + behind // parts, behind % parts, parts


def _at(rank: Tensor, falling: Tensor, axis: int) -> Tensor:
    """Each bag's element of a rank, 0 where there is none: an empty bag has rank −1."""
    places = kops.reshape(kops.arange(kops.shape(falling)[axis], dtype="int32"), (-1, 1))
    chosen = kops.equal(kops.expand_dims(rank, axis), places)
    return kops.sum(where_expanded(chosen, falling, 0.0), axis=axis)
