"""Order statistics of each feature."""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated, Any, Literal

from annotated_types import MinLen
from keras import ops as kops

import kpool
from kpool.bags import Bags
from kpool.ops import Tensor
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
        last = kops.maximum(kops.cast(bags.size, "int32") - 1, 0)
        ranks = [_rank(q, last) for q in self.shares]
        found = bags.neighbours(bags.elements, *(low for low, _, _ in ranks))
        return kops.concatenate([self._between(*x, *rank) for x, rank in zip(found, ranks, strict=True)], axis=-1)

    def _between(self, x_low: Tensor, x_above: Tensor, low: Tensor, rest: Tensor, parts: int) -> Tensor:
        """What is asked for, `rest` of so many parts above the element of rank `low`."""
        if self.interpolation == "nearest":
            above = kops.logical_or(
                2 * rest > parts, kops.logical_and(kops.equal(2 * rest, parts), kops.equal(low % 2, 1))
            )
            return kops.where(above, x_above, x_low)
        x_high = kops.where(rest > 0, x_above, x_low)
        if self.interpolation in ("lower", "higher"):
            return x_low if self.interpolation == "lower" else x_high
        share = 0.5 if self.interpolation == "midpoint" else kops.cast(rest, x_low.dtype) / parts
        apart = kops.where(kops.equal(x_low, x_high), kops.zeros_like(x_low), x_high - x_low)  # ∞ − ∞ is NaN
        return x_low + share * apart


def _rank(q: float, last: Tensor) -> tuple[Tensor, Tensor, int]:
    """q · last as a whole number and so many parts of another: ⌊·⌋, rest and the number of parts."""
    fraction = Fraction(str(q)).limit_denominator(_FINEST)
    times, parts = fraction.numerator, fraction.denominator
    behind = times * (last % parts)
    return times * (last // parts) + behind // parts, behind % parts, parts
