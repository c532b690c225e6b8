"""The probability that at least one element is active."""

from __future__ import annotations

from keras import ops as kops

import kpool
from kpool import ops
from kpool.ops import Tensor
from kpool.reductions import Sum

_LEAST = 1e-17
"""1 − p at p = 1: 1 minus it is 1, in float64 too, and its square does not vanish in float32."""


class NoisyOrPooling(kpool.Pooling, name="noisy_or"):
    """The probability that at least one element is active, were they independent.

    y = 1 − Π (1 − p) = −expm1 Σ log1p(−p)

    Outside [0, 1] is taken as the nearer of the two. At p = 1 the gradient is what it should be, Π (1 − p) of the
    others.

    Shape: (bag, features) -> (features,), probabilities before and after
    Empty: 0.
    Source: Maron & Lozano-Pérez 1998, A Framework for Multiple-Instance Learning, sec. 3.
    """

    def lift(self, p: Tensor) -> Sum:
        p = kops.clip(p, 0, 1)
        rare = p <= 0.5
        q = 1 - p
        q = q + kops.stop_gradient(kops.maximum(q, _LEAST) - q)  # the gradient passes where 1 − p is raised
        return Sum(kops.where(rare, ops.log1p(-kops.minimum(p, 0.5)), kops.log(q)))

    def lower(self, log_none: Tensor) -> Tensor:
        near = log_none > -1
        # the gradient of ops.expm1 errs where eˣ is below eps
        return kops.where(near, -ops.expm1(kops.maximum(log_none, -1)), 1 - kops.exp(log_none))
