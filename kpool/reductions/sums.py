"""Sums, counts and means."""

from __future__ import annotations

from typing import Any

from kpool import ops
from kpool.bags import Bags
from kpool.ops import Tensor
from kpool.reductions.base import Reduction, State, teller


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

    def over(self, bags: Bags) -> Any:
        other = teller(self.values, bags)
        return super().over(bags) if other is None else other.over(bags).mean

    def state(self, bags: Bags) -> State:
        return {"count": bags.count, "sum": bags.sum(self.values)}

    def merge(self, a: State, b: State) -> State:
        return {"count": a["count"] + b["count"], "sum": a["sum"] + b["sum"]}

    def value(self, state: State) -> Tensor:
        return ops.divide(state["sum"], ops.expand(state["count"], state["sum"]))
