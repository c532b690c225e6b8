"""Average of probabilities weighted by themselves."""

from __future__ import annotations

from keras import ops as kops

import kpool
from kpool import ops
from kpool.ops import Tensor
from kpool.reductions import Sum


class LinearSoftmaxPooling(kpool.Pooling, name="linear_softmax"):
    """Average of probabilities weighted by themselves: loud frames count, silent ones need not be taught silence.

    y = Σ p² / Σ p

    Below 0 is taken as 0.

    Shape: (bag, features) -> (features,), probabilities before and after
    Empty: 0.
    Source: Wang, Li & Metze 2019, arXiv:1810.09050, table 1.
    """

    def lift(self, p: Tensor) -> tuple[Sum, Sum]:
        p = kops.maximum(p, 0)
        return Sum(p * p), Sum(p)

    def lower(self, squares: Tensor, total: Tensor) -> Tensor:
        return ops.divide(squares, total)
