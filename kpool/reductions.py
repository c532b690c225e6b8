"""The reductions: associative summaries of a bag, in which all numerics of pooling are kept.

A strategy's `lift` says which reductions of its elements it needs; `lower` makes the answer of their values. Each
reduction knows four things: its `state` for the elements of a bag, how two states `merge` into the state of both bags
together, the `value` of a state, and thereby its identity (the state of an empty bag, which merges as nothing).
A state is a dict of tensors (batch, *grid, …). Element tensors are (batch, *positions, …).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, NamedTuple

from keras import ops as kops

from kpool import ops
from kpool.bags import Bags
from kpool.ops import Tensor

State = dict[str, Tensor]


class Reduction(ABC):
    """An associative summary of the elements of a bag."""

    @abstractmethod
    def state(self, bags: Bags) -> State:
        """The state of each bag: a dict of (batch, *grid, …)."""

    @abstractmethod
    def merge(self, a: State, b: State) -> State:
        """The state of two bags taken together, a's elements before b's."""

    @abstractmethod
    def value(self, state: State) -> Any:
        """What a strategy's `lower` is given; 0 for an empty bag."""

    def over(self, bags: Bags) -> Any:
        return self.value(self.state(bags))


class Sum(Reduction):
    """Σ x"""

    def __init__(self, values: Tensor) -> None:
        self.values = values

    def state(self, bags: Bags) -> State:
        return {"sum": bags.sum(self.values)}

    def merge(self, a: State, b: State) -> State:
        return {"sum": a["sum"] + b["sum"]}

    def value(self, state: State) -> Tensor:
        return state["sum"]


class Count(Reduction):
    """n, the number (total weight) of counted elements: (batch, *grid, 1)"""

    def state(self, bags: Bags) -> State:
        return {"count": bags.count}

    def merge(self, a: State, b: State) -> State:
        return {"count": a["count"] + b["count"]}

    def value(self, state: State) -> Tensor:
        return state["count"]


class Mean(Reduction):
    """Σ x / n"""

    def __init__(self, values: Tensor) -> None:
        self.values = values

    def state(self, bags: Bags) -> State:
        return {"count": bags.count, "sum": bags.sum(self.values)}

    def merge(self, a: State, b: State) -> State:
        return {"count": a["count"] + b["count"], "sum": a["sum"] + b["sum"]}

    def value(self, state: State) -> Tensor:
        return ops.divide(state["sum"], ops.expand(state["count"], state["sum"]))


class Max(Reduction):
    """max x. Elements that tie share the gradient."""

    def __init__(self, values: Tensor) -> None:
        self.values = values

    def state(self, bags: Bags) -> State:
        return {"size": bags.size, "max": bags.max(self.values)}

    def merge(self, a: State, b: State) -> State:
        return {"size": a["size"] + b["size"], "max": kops.maximum(a["max"], b["max"])}

    def value(self, state: State) -> Tensor:
        return ops.where_expanded(state["size"][..., 0] > 0, state["max"], 0.0)


class Min(Max):
    """min x = −max −x"""

    def __init__(self, values: Tensor) -> None:
        super().__init__(-values)

    def value(self, state: State) -> Tensor:
        return -super().value(state)


class First(Reduction):
    """The first counted element, in order."""

    def __init__(self, values: Tensor) -> None:
        self.values = values

    def state(self, bags: Bags) -> State:
        return {"size": bags.size, "value": bags.first(self.values)}

    def merge(self, a: State, b: State) -> State:
        seen = ops.expand(a["size"], a["value"]) > 0
        return {"size": a["size"] + b["size"], "value": kops.where(seen, a["value"], b["value"])}

    def value(self, state: State) -> Tensor:
        return state["value"]


class Last(First):
    """The last counted element, in order."""

    def state(self, bags: Bags) -> State:
        return {"size": bags.size, "value": bags.last(self.values)}

    def merge(self, a: State, b: State) -> State:
        return super().merge(b, a)


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
    """n, μ = Σ x / n and Σ (x − μ)², in two passes; merged as Chan, Golub and LeVeque 1979, eq. 2.1."""

    def __init__(self, values: Tensor) -> None:
        self.values = values

    def state(self, bags: Bags) -> State:
        mean = Mean(self.values).over(bags)
        squares = bags.sum(self.values, of=lambda x, μ: kops.square(x - μ), given=[mean])
        return {"count": bags.count, "mean": mean, "squares": squares}

    def merge(self, a: State, b: State) -> State:
        count = a["count"] + b["count"]
        share = ops.expand(ops.divide(b["count"], count), a["mean"])
        apart = b["mean"] - a["mean"]
        return {
            "count": count,
            "mean": a["mean"] + apart * share,
            "squares": a["squares"] + b["squares"] + kops.square(apart) * share * ops.expand(a["count"], apart),
        }

    def value(self, state: State) -> MomentsValue:
        return MomentsValue(**state)


class PowerMean(Reduction):
    """(Σ sgn(x) |x|^p / n)^(1/p), the root taken with the sign of the mean.

    The bag's largest |x| is divided out before the power and multiplied in after it, so that nothing overflows.
    """

    def __init__(self, values: Tensor, p: Tensor | float) -> None:
        self.values = values
        self.p = p

    def state(self, bags: Bags) -> State:
        scale = ops.finite_or_zero(bags.max(self.values, of=kops.abs))
        return {"count": bags.count, "scale": scale, "sum": bags.sum(self.values, of=self._power, given=[scale])}

    def merge(self, a: State, b: State) -> State:
        scale = kops.maximum(a["scale"], b["scale"])
        rescaled = (s["sum"] * ops.power(ops.divide(s["scale"], scale), self.p) for s in (a, b))
        return {"count": a["count"] + b["count"], "scale": scale, "sum": sum(rescaled)}

    def value(self, state: State) -> Tensor:
        mean = ops.divide(state["sum"], ops.expand(state["count"], state["sum"]))
        return state["scale"] * kops.sign(mean) * ops.power(kops.abs(mean), 1 / self.p)

    def _power(self, x: Tensor, scale: Tensor) -> Tensor:
        return kops.sign(x) * ops.power(ops.divide(kops.abs(x), scale), self.p)


class LogMeanExp(Reduction):
    """log (Σ eˣ / n), with the bag's maximum taken out first."""

    def __init__(self, values: Tensor) -> None:
        self.values = values

    def state(self, bags: Bags) -> State:
        shift = ops.finite_or_zero(bags.max(self.values))
        total = bags.sum(self.values, of=lambda x, m: kops.exp(x - m), given=[shift])
        return {"count": bags.count, "shift": shift, "total": total}

    def merge(self, a: State, b: State) -> State:
        shift = _greater_shift(a, b)
        total = sum(s["total"] * _rescaling(s, shift) for s in (a, b))
        return {"count": a["count"] + b["count"], "shift": shift, "total": total}

    def value(self, state: State) -> Tensor:
        return state["shift"] + ops.log(ops.divide(state["total"], ops.expand(state["count"], state["total"])))


class SoftmaxSum(Reduction):
    """Σ softmax(scores) · values, the softmax taken over the bag.

    Scores and values broadcast: scores (…, 1) weigh whole elements, (…, features) every feature by itself.
    """

    def __init__(self, scores: Tensor, values: Tensor) -> None:
        self.scores = scores
        self.values = values

    def state(self, bags: Bags) -> State:
        shift = ops.finite_or_zero(bags.max(self.scores))
        return {
            "shift": shift,
            "total": bags.sum(self.scores, of=lambda s, m: kops.exp(s - m), given=[shift]),
            "sum": bags.sum(self.scores, self.values, of=lambda s, x, m: kops.exp(s - m) * x, given=[shift]),
        }

    def merge(self, a: State, b: State) -> State:
        shift = _greater_shift(a, b)
        scales = [(s, _rescaling(s, shift)) for s in (a, b)]
        return {
            "shift": shift,
            "total": sum(s["total"] * scale for s, scale in scales),
            "sum": sum(s["sum"] * scale for s, scale in scales),
        }

    def value(self, state: State) -> Tensor:
        return ops.divide(state["sum"], state["total"] + kops.zeros_like(state["sum"]))


def _greater_shift(a: State, b: State) -> Tensor:
    """The shift of two bags together; an empty bag's, whose total is 0, does not matter."""
    low = -float("inf")
    return ops.finite_or_zero(
        kops.maximum(kops.where(a["total"] > 0, a["shift"], low), kops.where(b["total"] > 0, b["shift"], low))
    )


def _rescaling(state: State, shift: Tensor) -> Tensor:
    return kops.exp(kops.minimum(state["shift"] - shift, 0))


class TopKValue(NamedTuple):
    """The k largest in falling order, (batch, *grid, k, …) with −∞ past the bag's end, and the number of elements."""

    largest: Tensor
    size: Tensor


class TopK(Reduction):
    """The k largest elements of each feature."""

    def __init__(self, values: Tensor, k: int) -> None:
        self.values = values
        self.k = k

    def state(self, bags: Bags) -> State:
        return {"size": bags.size, "largest": bags.largest(self.values, self.k)}

    def merge(self, a: State, b: State) -> State:
        axis = len(a["size"].shape) - 1
        both = kops.moveaxis(kops.concatenate([a["largest"], b["largest"]], axis=axis), axis, -1)
        largest, _ = kops.top_k(both, self.k)
        return {"size": a["size"] + b["size"], "largest": kops.moveaxis(largest, -1, axis)}

    def value(self, state: State) -> TopKValue:
        return TopKValue(state["largest"], state["size"])
