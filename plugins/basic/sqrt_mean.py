"""The sum over the root of the count."""

from __future__ import annotations

import kpool
from kpool import ops
from kpool.ops import Tensor
from kpool.reductions import Count, Sum


class SqrtMeanPooling(kpool.Pooling, name="sqrt_mean"):
    """The sum over the root of the count: keeps the variance of independent elements, whatever their number.

    y = Σ x / √n

    Shape: (bag, features) -> (features,)
    Empty: 0.
    Source: Schneckenreiter et al. 2024 (variance-preserving aggregation), arXiv:2403.04747, sec. 2.
    """

    def lift(self, x: Tensor) -> tuple[Sum, Count]:
        return Sum(x), Count()

    def lower(self, sum: Tensor, count: Tensor) -> Tensor:
        return ops.divide(sum, ops.sqrt(count))
