"""Sums of exponentials."""

from __future__ import annotations

import functools
from typing import Any

from keras import ops as kops

from kpool import ops
from kpool.bags import Bags, Function
from kpool.guess import Guess, is_sound
from kpool.ops import Tensor, Tensors
from kpool.reductions.base import Reduction, State


class LogMeanExp(Reduction):
    """log (Σ eˣ / n), with the bag's maximum taken out first.

    Where the elements lie close together, eˣ ≈ 1 keeps little of x: there Σ (eˣ − 1) is taken instead.
    """

    def __init__(self, values: Tensor) -> None:
        self.values = values

    def over(self, bags: Bags) -> Any:
        if not bags.guesses:
            return super().over(bags)

        def value(shift: Tensors, sums: Tensors, count: Tensor) -> Tensor:
            return self.value({"count": count, "shift": shift[0], "total": sums[0], "below": sums[1]})

        of, slope = (functools.partial(f, less=difference) for f in (_powers, _slope_of_powers))
        guess = _unshifted(bags, self.values, value)
        return bags.guessed(self.values, of=of, slope=slope, guess=guess, others=[bags.count])

    def state(self, bags: Bags) -> State:
        shift = ops.finite_or_zero(bags.max(self.values))
        total, below = bags.sum_both(self.values, of=_powers, slope=_slope_of_powers, given=[shift])
        return {"count": bags.count, "shift": shift, "total": total, "below": below}

    def merge(self, a: State, b: State) -> State:
        shift = greater_shift(a, b)
        scales = [(s, rescaling(s, shift)) for s in (a, b)]
        return {
            "count": a["count"] + b["count"],
            "shift": shift,
            "total": sum(s["total"] * scale for s, scale in scales),
            "below": sum(
                s["below"] * scale + ops.expand(s["count"], scale) * ops.expm1(_growth(s, shift)) for s, scale in scales
            ),
        }

    def value(self, state: State) -> Tensor:
        count = ops.expand(state["count"], state["total"])
        far, near = ops.divide(state["total"], count), ops.divide(state["below"], count)
        close = kops.abs(near) < 0.5
        near = ops.log1p(kops.where(close, near, kops.zeros_like(near)))
        return state["shift"] + kops.where(close, near, ops.log(far))


class SoftmaxSum(Reduction):
    """Σ softmax(scores) · values, the softmax taken over the bag.

    Scores and values broadcast: scores (…, 1) weigh whole elements, (…, features) every feature by itself.
    """

    def __init__(self, scores: Tensor, values: Tensor) -> None:
        self.scores = scores
        self.values = values

    def over(self, bags: Bags) -> Any:
        if not bags.guesses or self.scores.shape != self.values.shape:
            return super().over(bags)
        bags.attended = self

        def value(_: Tensors, sums: Tensors) -> Tensor:
            return self.value({"total": sums[0], "sum": sums[1]})

        of, slope = (functools.partial(f, less=difference) for f in (_shares, _slope_of_shares))
        return bags.guessed(self.scores, self.values, of=of, slope=slope, guess=_unshifted(bags, self.scores, value))

    def state(self, bags: Bags) -> State:
        bags.attended = self
        shift = ops.finite_or_zero(bags.max(self.scores))
        if self.scores.shape == self.values.shape:
            total, weighed = bags.sum_both(self.scores, self.values, of=_shares, slope=_slope_of_shares, given=[shift])
        else:
            total = bags.sum(self.scores, of=_power, given=[shift])
            weighed = bags.sum_scaled(self.scores, self.values, of=_power, given=[shift])
        return {"shift": shift, "total": total, "sum": weighed}

    def merge(self, a: State, b: State) -> State:
        shift = greater_shift(a, b)
        scales = [(s, rescaling(s, shift)) for s in (a, b)]
        return {
            "shift": shift,
            "total": sum(s["total"] * scale for s, scale in scales),
            "sum": sum(s["sum"] * scale for s, scale in scales),
        }

    def value(self, state: State) -> Tensor:
        return ops.divide(state["sum"], state["total"] + kops.zeros_like(state["sum"]))

    def weights(self, bags: Bags) -> Tensor:
        """softmax(scores) of each bag's elements, 0 where none is: (batch, *grid, size, …) without last axes of 1."""
        scores = bags.line_up(self.scores, -float("inf"))
        shift = ops.finite_or_zero(ops.greatest(scores, bags.axis, keepdims=True))
        shares = kops.exp(scores - shift) * ops.reshape(
            bags.lined_weights, (*kops.shape(scores)[: bags.axis + 1], *[1] * (len(scores.shape) - bags.axis - 1))
        )
        shares = ops.divide(shares, kops.sum(shares, axis=bags.axis, keepdims=True) + kops.zeros_like(shares))
        while shares.shape[-1] == 1 and len(shares.shape) > bags.axis + 1:
            shares = shares[..., 0]
        return shares


def _unshifted(bags: Bags, scores: Tensor, value: Function) -> Guess:
    """0 in place of the greatest score: in general, eˣ is neither lost nor infinite without a shift."""

    def serves(_: Tensors, sums: Tensors) -> Tensor:
        return kops.logical_or(is_sound(sums[0]), ops.expand(kops.equal(bags.count, 0), sums[0]))

    def exact(scores: Tensor, *_: Tensor) -> list[Tensor]:
        return [ops.finite_or_zero(bags.max(scores))]

    return Guess([0.0], serves, exact, value)


def shifted(x: Tensor, shift: Tensor) -> Tensor:
    """x − shift. An element that does not count may lie far above the shift: its e^∞ would be chosen away from the sum
    and still be 0 · ∞ in the gradient."""
    below = difference(x, shift)
    beyond = kops.logical_and(below > 0, kops.isfinite(x))
    return kops.where(beyond, kops.zeros_like(x), below)


def difference(x: Tensor, shift: Tensor) -> Tensor:
    """x − shift, where a told gradient chooses what counts."""
    return ops.rounded(x) - shift


def _power(x: Tensor, m: Tensor, less: Function = shifted) -> Tensor:
    return kops.exp(less(x, m))


def _powers(x: Tensor, m: Tensor, less: Function = shifted) -> tuple[Tensor, Tensor]:
    """eˣ⁻ᵐ and eˣ⁻ᵐ − 1"""
    return _power(x, m, less), ops.expm1(less(x, m))


def _slope_of_powers(
    x: Tensor, m: Tensor, of_power: Tensor, of_rest: Tensor, less: Function = shifted
) -> tuple[Tensor]:
    return (_power(x, m, less) * (of_power + of_rest),)


def _shares(s: Tensor, x: Tensor, m: Tensor, less: Function = shifted) -> tuple[Tensor, Tensor]:
    """eˢ⁻ᵐ and eˢ⁻ᵐ x"""
    power = _power(s, m, less)
    return power, power * x


def _slope_of_shares(
    s: Tensor, x: Tensor, m: Tensor, of_total: Tensor, of_sum: Tensor, less: Function = shifted
) -> tuple[Tensor, Tensor]:
    power = _power(s, m, less)
    return power * (of_total + of_sum * x), power * of_sum


def greater_shift(a: State, b: State) -> Tensor:
    """The shift of two bags together; an empty bag's, whose total is 0, does not matter."""
    low = -float("inf")
    return ops.finite_or_zero(
        kops.maximum(kops.where(a["total"] > 0, a["shift"], low), kops.where(b["total"] > 0, b["shift"], low))
    )


def rescaling(state: State, shift: Tensor) -> Tensor:
    return kops.exp(_growth(state, shift))


def _growth(state: State, shift: Tensor) -> Tensor:
    """By how much the shift grows, as a number ≤ 0; an empty bag's may lie above it, and does not matter."""
    return kops.minimum(state["shift"] - shift, 0)
