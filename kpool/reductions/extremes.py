"""The largest and the smallest."""

from __future__ import annotations

from typing import NamedTuple

from keras import ops as kops

from kpool import ops
from kpool.bags import Bags
from kpool.ops import Tensor
from kpool.ops.sums import max_all
from kpool.reductions.base import Reduction, State


class Max(Reduction):
    """max x. Of elements that tie, the whole input shares the gradient out; a window may give it to one."""

    def __init__(self, values: Tensor) -> None:
        self.values = values

    def state(self, bags: Bags) -> State:
        return {"size": bags.size, "max": bags.max(self.values)}

    def merge(self, a: State, b: State) -> State:
        return {"size": a["size"] + b["size"], "max": max_all([a["max"], b["max"]])}

    def value(self, state: State) -> Tensor:
        return ops.where_expanded(state["size"][..., 0] > 0, state["max"], 0.0)


class Min(Max):
    """min x = −max −x"""

    def __init__(self, values: Tensor) -> None:
        super().__init__(-values)

    def value(self, state: State) -> Tensor:
        return -super().value(state)


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
        both = kops.concatenate([a["largest"], b["largest"]], axis=axis)
        return {"size": a["size"] + b["size"], "largest": ops.largest(both, self.k, axis)}

    def value(self, state: State) -> TopKValue:
        return TopKValue(state["largest"], state["size"])
