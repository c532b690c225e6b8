"""The largest value of each feature."""

from __future__ import annotations

import kpool
from kpool.ops import Tensor
from kpool.reductions import Max


class MaxPooling(kpool.Pooling, name="max"):
    """The largest value of each feature. A weight only says whether an element counts.

    y = max x

    Shape: (bag, features) -> (features,)
    Empty: 0.
    """

    def lift(self, x: Tensor) -> Max:
        return Max(x)
