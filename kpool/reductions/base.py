"""Reduction: an associative summary of a bag."""

from __future__ import annotations

import itertools
from abc import ABC, abstractmethod
from typing import Any

from kpool.bags import Bags
from kpool.errors import KpoolError
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

    def tells_mean(self, values: Tensor) -> bool:
        """Whether what it makes of bags has a `mean`, that of these values."""
        return False

    def over(self, bags: Bags) -> Any:
        return self.value(self.state(bags))


def teller(values: Tensor, bags: Bags) -> Any:
    """The first reduction asked of the bags that tells the mean of these values; None if there is none."""
    asked = itertools.chain(*bags.asked.values())
    return next((other for other in asked if other.tells_mean(values)), None)


def as_reductions(lifted: Any, owner: str) -> tuple[Reduction, ...]:
    """What the owner's `lift` gave, as a tuple of reductions."""
    reductions = lifted if isinstance(lifted, tuple) else (lifted,)
    for reduction in reductions:
        if not isinstance(reduction, Reduction):
            given = type(reduction).__name__
            raise KpoolError(f"{owner}: lift gives reductions, as in return Mean(x), not {given}")
    return reductions
