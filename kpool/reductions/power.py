"""The power mean."""

from __future__ import annotations

from keras import ops as kops

from kpool import ops
from kpool.bags import Bags
from kpool.ops import Tensor
from kpool.reductions.base import Reduction, State


class PowerMean(Reduction):
    """(Σ sgn(x) |x|^p / n)^(1/p), the root taken with the sign of the mean.

    The bag's largest |x| is divided out before the power and multiplied in after it, so that nothing overflows.
    """

    def __init__(self, values: Tensor, p: Tensor | float) -> None:
        self.values = values
        self.p = p

    def state(self, bags: Bags) -> State:
        scale = self._scale(bags)
        return {"count": bags.count, "scale": scale, "sum": bags.sum(self.values, of=self._power, given=[scale])}

    def merge(self, a: State, b: State) -> State:
        scale = kops.maximum(a["scale"], b["scale"])
        rescaled = (s["sum"] * ops.power(ops.divide(s["scale"], scale), self.p) for s in (a, b))
        return {"count": a["count"] + b["count"], "scale": scale, "sum": sum(rescaled)}

    def value(self, state: State) -> Tensor:
        mean = ops.divide(state["sum"], ops.expand(state["count"], state["sum"]))
        return state["scale"] * kops.sign(mean) * ops.power(kops.abs(mean), 1 / self.p)

    def _scale(self, bags: Bags) -> Tensor:
        """The largest |x|; 0 for an empty bag, 1 where infinity or NaN is to show in the answer."""
        largest = kops.stop_gradient(bags.max(self.values, of=kops.abs))
        return kops.where(kops.isfinite(largest), largest, kops.cast(largest != -float("inf"), largest.dtype))

    def _power(self, x: Tensor, scale: Tensor) -> Tensor:
        return kops.sign(x) * ops.power(ops.divide(kops.abs(x), scale), self.p)
