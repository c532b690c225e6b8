"""The first counted element."""

from __future__ import annotations

import kpool
from kpool.ops import Tensor
from kpool.reductions import First


class FirstPooling(kpool.Pooling, name="first"):
    """The first counted element, in order: the class token, on whichever side the padding stands.

    y = x_t, t the least counted position

    Shape: (bag, features) -> (features,)
    Empty: 0.
    """

    permutation_invariant = False

    def lift(self, x: Tensor) -> First:
        return First(x)
