"""The first and the last."""

from __future__ import annotations

from keras import ops as kops

from kpool import ops
from kpool.bags import Bags
from kpool.ops import Tensor
from kpool.reductions.base import Reduction, State


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
