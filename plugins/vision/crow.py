"""Sum weighted by where and in which features the responses are."""

from __future__ import annotations

from typing import Any

from keras import ops as kops

import kpool
from kpool import ops
from kpool.ops import Tensor
from kpool.parameters import Positive
from kpool.reductions import Count, PowerMean, Reduction, Sum


class CroWPooling(kpool.Pooling, name="crow"):
    """Cross-dimensional weighting: places of strong responses weigh more, and features that respond seldom.

    y_k = log(Σ_h Q_h / Q_k) Σ α x_k,  α = (s / (Σ s^a)^(1/a))^(1/b),  s = max(Σ_k x_k, 0),  Q_k = Σ [x_k > 0] / n

    The features are taken as those behind a ReLU. A feature that never responds gives 0. Not scaled to unit length:
    `crow | l2_norm`.

    Args:
        a: The norm that the places' responses are divided by.
        b: The root that evens them out: as b grows, every place with a response weighs the same.

    Shape: (bag, features) -> (features,)
    Empty: 0.
    Source: Kalantidis et al. 2016, arXiv:1512.04065, sec. 4.
    """

    def __init__(self, a: Positive = 2.0, b: Positive = 2.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.a = a
        self.b = b

    def lift(self, x: Tensor) -> tuple[Reduction, ...]:
        responses = kops.cast(x > 0, x.dtype)
        s = kops.sum(x, axis=-1, keepdims=True)
        return Sum(_root(s, self.b) * x), PowerMean(kops.maximum(s, 0), self.a), Count(), Sum(responses)

    def lower(self, weighted: Tensor, mean: Tensor, count: Tensor, responses: Tensor) -> Tensor:
        norm = mean * _root(count, self.a)
        rarity = ops.log(ops.divide(kops.sum(responses, axis=-1, keepdims=True), responses))
        return rarity * ops.divide(weighted, _root(norm, self.b))


def _root(x: Tensor, n: float) -> Tensor:
    """x^(1/n), and 0 for x ≤ 0; a square root as such, which is exact to the last digit."""
    return ops.sqrt(x) if n == 2 else ops.power(x, 1 / n)
