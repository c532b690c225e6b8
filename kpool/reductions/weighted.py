"""Moments of elements that a softmax weighs."""

from __future__ import annotations

from typing import Any, NamedTuple

from keras import ops as kops

from kpool import ops
from kpool.bags import Bags
from kpool.ops import Tensor
from kpool.reductions.base import Reduction, State
from kpool.reductions.moments import joined
from kpool.reductions.softmax import SoftmaxSum, greater_shift, rescaling, shifted


class WeightedMomentsValue(NamedTuple):
    """μ = Σ w x and Σ w (x − μ)² of a bag, w its softmax."""

    mean: Tensor
    variance: Tensor


class WeightedMoments(Reduction):
    """μ = Σ w x and Σ w (x − μ)², w = softmax(scores): in two passes, and with the rest of μ, as Moments has it.

    Scores and values broadcast as those of SoftmaxSum.
    """

    def __init__(self, scores: Tensor, values: Tensor) -> None:
        self.scores = scores
        self.values = values

    def state(self, bags: Bags) -> State:
        average = SoftmaxSum(self.scores, self.values)
        state = average.state(bags)
        shift, total, mean = state["shift"], state["total"], average.value(state)
        missed = self._sum(bags, lambda x, μ: x - μ, shift, mean)
        rest = ops.finite_or_zero(ops.divide(missed, total + kops.zeros_like(missed)))
        squares = self._sum(bags, lambda x, μ, r: kops.square(x - μ - r), shift, mean, rest)
        return {"shift": shift, "total": total, "mean": mean, "rest": rest, "squares": squares}

    def merge(self, a: State, b: State) -> State:
        shift = greater_shift(a, b)
        of_a, of_b = (s["total"] * rescaling(s, shift) for s in (a, b))
        centre, apart, share = joined(a, b, of_a, of_b)
        squares = sum(s["squares"] * rescaling(s, shift) for s in (a, b))
        return {
            "shift": shift,
            "total": of_a + of_b,
            **centre,
            "squares": squares + kops.square(apart) * share * of_a,
        }

    def value(self, state: State) -> WeightedMomentsValue:
        variance = ops.divide(state["squares"], state["total"] + kops.zeros_like(state["squares"]))
        return WeightedMomentsValue(state["mean"] + state["rest"], variance)

    def _sum(self, bags: Bags, of: Any, shift: Tensor, *given: Tensor) -> Tensor:
        def summand(s: Tensor, x: Tensor, m: Tensor, *g: Tensor) -> Tensor:
            return kops.exp(shifted(s, m)) * of(x, *g)

        return bags.sum(self.scores, self.values, of=summand, given=[shift, *given])
