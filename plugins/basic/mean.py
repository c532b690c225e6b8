"""The average."""

from __future__ import annotations

import kpool
from kpool.ops import Tensor
from kpool.reductions import Mean


class MeanPooling(kpool.Pooling, name="mean"):
    """The average.

    y = Σ x / n

    Shape: (bag, features) -> (features,)
    Empty: 0.
    """

    def lift(self, x: Tensor) -> Mean:
        return Mean(x)
