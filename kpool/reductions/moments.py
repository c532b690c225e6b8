"""Mean and squared deviations."""

from __future__ import annotations

from typing import NamedTuple

import keras
from keras import ops as kops

from kpool import ops
from kpool.bags import Bags
from kpool.ops import Tensor
from kpool.reductions.base import Reduction, State
from kpool.reductions.sums import Mean

_LARGE = {"float32": (2.0**50, 2.0**-64), "float64": (2.0**400, 2.0**-512)}
"""A large mean, and what deviations from it are multiplied by: neither the least nor the greatest square is lost."""


class MomentsValue(NamedTuple):
    """n = Σ w, μ, Σ w (x − μ)² and Σ w² of a bag; w is 1 where no weights are given."""

    count: Tensor
    mean: Tensor
    squares: Tensor
    weight_squares: Tensor

    def variance(self, ddof: int = 0) -> Tensor:
        """Σ (x − μ)² / (n − ddof), and 0 where n ≤ ddof."""
        return self._over(self.count - ddof)

    def reliability_variance(self) -> Tensor:
        """Σ w (x − μ)² / (n − Σ w² / n): unbiased where w says how far an element is to be trusted, not how often it
        stands there."""
        return self._over(self.count - ops.divide(self.weight_squares, self.count))

    def _over(self, degrees: Tensor) -> Tensor:
        return ops.divide(self.squares, ops.expand(kops.maximum(degrees, 0), self.squares))


def joined(a: State, b: State, of_a: Tensor, of_b: Tensor) -> tuple[State, Tensor, Tensor]:
    """The mean of two bags that weigh `of_a` and `of_b`, and its rest; how far apart their means are; b's share."""
    share = ops.divide(of_b, of_a + of_b)
    apart = (b["mean"] - a["mean"]) + (b["rest"] - a["rest"])
    # from the mean 0 of an empty bag it is as far as |x|, whose square may be infinite: ∞ · 0 = NaN
    apart = kops.where(kops.logical_and(of_a > 0, share > 0), apart, kops.zeros_like(apart))
    step = a["rest"] + apart * share
    mean = a["mean"] + step
    rest = kops.where(of_a > 0, (a["mean"] - mean) + step, b["rest"])
    return {"mean": kops.where(of_a > 0, mean, b["mean"]), "rest": rest}, apart, share


class Moments(Reduction):
    """n, μ = Σ x / n and Σ (x − μ)²; merged as Chan, Golub and LeVeque 1979, eq. 2.1.

    What rounding took from μ is kept beside it, as `rest`. Without it the variance of elements 10⁴ deviations from 0
    errs by 40 eps, and by 10,000 eps once merged.
    """

    def __init__(self, values: Tensor) -> None:
        self.values = values

    def state(self, bags: Bags) -> State:
        mean = kops.stop_gradient(Mean(self.values).over(bags))  # what follows is true of any constant: its slope too
        scale, unit = _scale(mean)
        missed, squares = bags.sum_both(self.values, of=_deviations, slope=_slope_of_deviations, given=[mean, scale])
        rest = ops.divide(missed, ops.expand(bags.count, missed))
        squares = kops.maximum(squares - missed * rest, 0)  # Σ (x − μ − r)²
        weight_squares = bags.count if bags.weights is None else bags.sum(kops.expand_dims(bags.weights, -1))
        return {
            "count": bags.count,
            "mean": mean,
            "rest": kops.where(kops.isfinite(rest), rest, kops.zeros_like(rest)) * unit,
            "squares": squares * unit * unit,
            "weight_squares": weight_squares,
        }

    def merge(self, a: State, b: State) -> State:
        of_a, of_b = (ops.expand(s["count"], a["mean"]) for s in (a, b))
        centre, apart, share = joined(a, b, of_a, of_b)
        return {
            "count": a["count"] + b["count"],
            **centre,
            "squares": a["squares"] + b["squares"] + kops.square(apart) * share * of_a,
            "weight_squares": a["weight_squares"] + b["weight_squares"],
        }

    def value(self, state: State) -> MomentsValue:
        mean = state["mean"] + state["rest"]
        return MomentsValue(state["count"], mean, state["squares"], state["weight_squares"])


def _scale(mean: Tensor) -> tuple[Tensor, Tensor]:
    """What deviations are multiplied by, less than 1 where the square of the mean's last place might overflow; and
    what takes it back. XLA makes a division by the square of two divisions."""
    size, ones = kops.abs(mean), kops.ones_like(mean)
    large, scale = _LARGE[keras.backend.standardize_dtype(mean.dtype)]
    scaled = kops.logical_and(size > large, kops.isfinite(size))
    return kops.where(scaled, scale, ones), kops.where(scaled, 1 / scale, ones)


def _deviations(x: Tensor, μ: Tensor, scale: Tensor) -> tuple[Tensor, Tensor]:
    d = (x - μ) * scale
    return d, kops.square(d)


def _slope_of_deviations(x: Tensor, μ: Tensor, scale: Tensor, of_missed: Tensor, of_squares: Tensor) -> tuple[Tensor]:
    return ((of_missed + 2 * (x - μ) * scale * of_squares) * scale,)
