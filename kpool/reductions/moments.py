"""Mean and squared deviations."""

from __future__ import annotations

from typing import NamedTuple

from keras import ops as kops

from kpool import ops
from kpool.bags import Bags
from kpool.ops import Tensor
from kpool.reductions.base import Reduction, State
from kpool.reductions.sums import Mean


class MomentsValue(NamedTuple):
    """n, μ and Σ (x − μ)² of a bag."""

    count: Tensor
    mean: Tensor
    squares: Tensor

    def variance(self, ddof: int = 0) -> Tensor:
        """Σ (x − μ)² / (n − ddof), and 0 where n ≤ ddof."""
        degrees = kops.maximum(ops.expand(self.count, self.squares) - ddof, 0)
        return ops.divide(self.squares, degrees)


class Moments(Reduction):
    """n, μ = Σ x / n and Σ (x − μ)²; merged as Chan, Golub and LeVeque 1979, eq. 2.1.

    What rounding took from μ is kept beside it, as `rest`. Without it the variance of elements 10⁴ deviations from 0
    errs by 40 eps, and by 10,000 eps once merged.
    """

    def __init__(self, values: Tensor) -> None:
        self.values = values

    def state(self, bags: Bags) -> State:
        mean = Mean(self.values).over(bags)
        missed = bags.sum(self.values, of=lambda x, μ: x - μ, given=[mean])
        rest = ops.finite_or_zero(ops.divide(missed, ops.expand(bags.count, missed)))
        squares = bags.sum(self.values, of=lambda x, μ, r: kops.square(x - μ - r), given=[mean, rest])
        return {"count": bags.count, "mean": mean, "rest": rest, "squares": squares}

    def merge(self, a: State, b: State) -> State:
        count = a["count"] + b["count"]
        of_a, share = (ops.expand(n, a["mean"]) for n in (a["count"], ops.divide(b["count"], count)))
        apart = (b["mean"] - a["mean"]) + (b["rest"] - a["rest"])
        # from the mean 0 of an empty bag it is as far as |x|, whose square may be infinite: ∞ · 0 = NaN
        apart = kops.where(kops.logical_and(of_a > 0, share > 0), apart, kops.zeros_like(apart))
        step = a["rest"] + apart * share
        mean = a["mean"] + step
        return {
            "count": count,
            "mean": kops.where(of_a > 0, mean, b["mean"]),
            "rest": kops.where(of_a > 0, (a["mean"] - mean) + step, b["rest"]),
            "squares": a["squares"] + b["squares"] + kops.square(apart) * share * of_a,
        }

    def value(self, state: State) -> MomentsValue:
        return MomentsValue(state["count"], state["mean"] + state["rest"], state["squares"])
