"""The mean of class scores, and a share of their softmax average."""

from __future__ import annotations

from typing import Any, Literal

import kpool
from kpool.ops import Tensor
from kpool.parameters import Positive
from kpool.reductions import Max, Mean, Reduction, SoftmaxSum


class CSRAPooling(kpool.Pooling, name="csra"):
    """Class-specific residual attention: the mean of each class's scores, and a share of where that class is seen.

    y = Σ s / n + λ Σ softmax(T s) · s

    The features are scores, one a class: `dense(20) | csra`. The paper adds several T up: `add(csra(1), csra(2))`.

    Args:
        temperature: T, or "max" for T = ∞, the largest score (the authors' code takes T = 99 for it).
        share: λ, what the attention adds to the mean.

    Shape: (bag, classes) -> (classes,)
    Empty: 0.
    Source: Zhu & Wu 2021, arXiv:2108.02456, sec. 3.
    """

    def __init__(self, temperature: Positive | Literal["max"] = 1.0, share: float = 0.1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.temperature = temperature
        self.share = share

    def lift(self, s: Tensor) -> tuple[Reduction, ...]:
        if self.temperature == "max":
            return Mean(s), Max(s)
        return Mean(s), SoftmaxSum(self.temperature * s, s)

    def lower(self, mean: Tensor, seen: Tensor) -> Tensor:
        return mean + self.share * seen
