"""The sum."""

from __future__ import annotations

import kpool
from kpool.ops import Tensor
from kpool.reductions import Sum


class SumPooling(kpool.Pooling, name="sum"):
    """The sum: unlike the mean it tells how many there were.

    y = Σ x

    Shape: (bag, features) -> (features,)
    Empty: 0.
    Source: Zaheer et al. 2017 (Deep Sets), arXiv:1703.06114, eq. 2.
    """

    def lift(self, x: Tensor) -> Sum:
        return Sum(x)
