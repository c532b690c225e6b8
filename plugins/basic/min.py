"""The smallest value of each feature."""

from __future__ import annotations

import kpool
from kpool.ops import Tensor
from kpool.reductions import Min


class MinPooling(kpool.Pooling, name="min"):
    """The smallest value of each feature. A weight only says whether an element counts.

    y = min x

    Shape: (bag, features) -> (features,)
    Empty: 0.
    """

    def lift(self, x: Tensor) -> Min:
        return Min(x)
