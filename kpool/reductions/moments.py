"""Mean and squared deviations."""

from __future__ import annotations

from typing import NamedTuple

import keras
from keras import ops as kops

from kpool import ops
from kpool.bags import Bags
from kpool.guess import Guess
from kpool.ops import Tensor
from kpool.reductions.base import Reduction, State, teller
from kpool.reductions.sums import Mean

_LARGE = {"float32": (2.0**50, 2.0**-50), "float64": (2.0**400, 2.0**-470)}
"""A large mean, and what deviations from it are multiplied by. No square is lost of what rounding takes from the
greatest mean; and 1 by its square, which gradients are multiplied by on their way, is far from infinite."""
_LOST = 4
"""How many times Σ (x − μ)² may be lost when Σ (x − a)² for a guessed a is brought down to it: in eps, as many more."""
_UNSEEN = 1e-6
"""Deviations that are no more than some roundings of the mean, as a share of it."""


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
        self._found: MomentsValue | None = None

    def tells_mean(self, values: Tensor) -> bool:
        return values is self.values

    def over(self, bags: Bags) -> MomentsValue:
        """Where several ask, the first finds it for all."""
        first = teller(self.values, bags)
        if first is None:
            return self._over(bags)
        if first._found is None:
            first._found = first._over(bags)
        return first._found  # type: ignore[no-any-return]

    def _over(self, bags: Bags) -> MomentsValue:
        about = bags.sampled_mean(self.values) if bags.guesses else None
        if about is None:
            return self.value(self.state(bags))
        guess = Guess(
            first=_with_scale(about),
            serves=lambda given, sums: _near(bags.count, *given, *sums),
            exact=lambda x: _mean_and_scale(bags, x),
            value=lambda given, sums, count: _centred(count, *given, *sums),
        )
        squares, mean = bags.guessed(
            self.values, of=_deviations, slope=_slope_of_deviations, guess=guess, others=[bags.count]
        )
        return MomentsValue(bags.count, mean, squares, self._weight_squares(bags))

    def state(self, bags: Bags) -> State:
        mean, scale = _mean_and_scale(bags, self.values)
        missed, squares = bags.sum_both(self.values, of=_deviations, slope=_slope_of_deviations, given=[mean, scale])
        squares, rest = _about(bags.count, scale, missed, squares)
        return {
            "count": bags.count,
            "mean": mean,
            "rest": rest,
            "squares": squares,
            "weight_squares": self._weight_squares(bags),
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

    def _weight_squares(self, bags: Bags) -> Tensor:
        return bags.count if bags.weights is None else bags.sum(kops.expand_dims(bags.weights, -1))


def _mean_and_scale(bags: Bags, x: Tensor) -> list[Tensor]:
    """What deviations are taken from. It is a constant: what is made of it is true of any, its slope too."""
    mean = Mean(x)
    return _with_scale(kops.stop_gradient(mean.value(mean.state(bags))))


def _with_scale(mean: Tensor) -> list[Tensor]:
    """The mean, and what deviations from it are multiplied by: less than 1 where the square of its last place might
    overflow."""
    size, ones = kops.abs(mean), kops.ones_like(mean)
    large, scale = _LARGE[keras.backend.standardize_dtype(mean.dtype)]
    return [mean, kops.where(kops.logical_and(size > large, kops.isfinite(size)), scale, ones)]


def _about(count: Tensor, scale: Tensor, missed: Tensor, squares: Tensor) -> tuple[Tensor, Tensor]:
    """Σ (x − μ)² and μ less a, from Σ (x − a) and Σ (x − a)², both scaled."""
    small = _LARGE[keras.backend.standardize_dtype(scale.dtype)][1]
    unit = kops.where(scale < 1, 1 / small, scale)  # XLA makes a division by the square of two divisions
    rest = ops.divide(missed, ops.expand(count, missed))
    squares = kops.maximum(squares - missed * rest, 0)
    return squares * unit * unit, kops.where(kops.isfinite(rest), rest, kops.zeros_like(rest)) * unit


def _centred(count: Tensor, about: Tensor, scale: Tensor, *sums: Tensor) -> tuple[Tensor, Tensor]:
    squares, rest = _about(count, scale, *sums)
    return squares, about + rest


def _near(count: Tensor, about: Tensor, scale: Tensor, missed: Tensor, squares: Tensor) -> Tensor:
    """Whether Σ (x − a)² is not much more than Σ (x − μ)², or is below what the last place of a makes."""
    count = ops.expand(count, missed)
    lost = missed * ops.divide(missed, count)
    return lost <= _LOST * (squares - lost) + count * kops.square(_UNSEEN * about * scale)


def _deviations(x: Tensor, μ: Tensor, scale: Tensor) -> tuple[Tensor, Tensor]:
    d = (x - μ) * scale
    return d, kops.square(d)


def _slope_of_deviations(x: Tensor, μ: Tensor, scale: Tensor, of_missed: Tensor, of_squares: Tensor) -> tuple[Tensor]:
    return ((of_missed + 2 * (x - μ) * scale * of_squares) * scale,)
