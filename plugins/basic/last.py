"""The last counted element."""

from __future__ import annotations

import kpool
from kpool.ops import Tensor
from kpool.reductions import Last


class LastPooling(kpool.Pooling, name="last"):
    """The last counted element, in order: what a causal model ends with, on whichever side the padding stands.

    y = x_t, t the greatest counted position

    Shape: (bag, features) -> (features,)
    Empty: 0.
    """

    permutation_invariant = False

    def lift(self, x: Tensor) -> Last:
        return Last(x)
