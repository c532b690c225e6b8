"""Averages weighted by place."""

from __future__ import annotations

from keras import ops as kops

from kpool import ops
from kpool.bags import Bags
from kpool.ops import Tensor
from kpool.ops.sums import sum_steps
from kpool.reductions.base import Reduction, State


class PositionMean(Reduction):
    """Σ i x_i / Σ i, the places i counted from 1 at the bag's first counted element.

    An element of weight w behind a total of W stands at the places W + 1 to W + w: w (W + (w + 1) / 2) in sum. Of
    fractions of an element, too, Σ i is then n (n + 1) / 2. In a merge the second bag's places move up by the first
    one's n: P = P_a + P_b + n_a Σ_b.
    """

    def __init__(self, values: Tensor) -> None:
        self.values = values

    def state(self, bags: Bags) -> State:
        values, weights = bags.line_up(self.values, 0.0), bags.lined_weights
        # Whole numbers up to 2²⁴ are exact in float32, and so is their running sum
        places = kops.cumsum(weights, axis=bags.axis) + (1 - weights) / 2
        placed = sum_steps(ops.expand(weights * places, values) * values, bags.axis)
        return {"count": bags.count, "total": bags.sum(self.values), "placed": placed}

    def merge(self, a: State, b: State) -> State:
        return {
            "count": a["count"] + b["count"],
            "total": a["total"] + b["total"],
            "placed": a["placed"] + b["placed"] + ops.expand(a["count"], b["total"]) * b["total"],
        }

    def value(self, state: State) -> Tensor:
        n = ops.expand(state["count"], state["placed"])
        return ops.divide(state["placed"], n * (n + 1) / 2)
