"""The bag's odds are the sum of its elements' odds."""

from __future__ import annotations

from keras import ops as kops

import kpool
from kpool.ops import Tensor
from kpool.reductions import Sum

_LEAST = 1e-17
"""1 − p at p = 1: 1 minus it is 1, in float64 too, and its square does not vanish in float32."""


class ISRPooling(kpool.Pooling, name="isr"):
    """The bag's odds are the sum of its elements' odds: integrated segmentation and recognition.

    y = v / (1 + v),  v = Σ p / (1 − p)

    Outside [0, 1] is taken as the nearer of the two. One p = 1 makes y = 1.

    Shape: (bag, features) -> (features,), probabilities before and after
    Empty: 0.
    Source: Keeler, Rumelhart & Leow 1991, Integrated Segmentation and Recognition of Hand-Printed Numerals.
    """

    def lift(self, p: Tensor) -> Sum:
        p = kops.clip(p, 0, 1)
        q = 1 - p
        q = q + kops.stop_gradient(kops.maximum(q, _LEAST) - q)  # the gradient passes where 1 − p is raised
        return Sum(p / q)

    def lower(self, v: Tensor) -> Tensor:
        # the same number, whose gradient cancels in the one form where v is large, the value in the other where small
        return kops.where(v < 1, v / (1 + v), 1 - 1 / (1 + v))
