"""Active once enough of the bag is."""

from __future__ import annotations

from typing import Any

from keras import ops as kops
from keras.initializers import RandomUniform

import kpool
from kpool import ops
from kpool.constraints import Within
from kpool.ops import Tensor
from kpool.parameters import Positive
from kpool.reductions import Mean


class NoisyAndPooling(kpool.Pooling, name="noisy_and"):
    """Active once enough of the bag is: a soft threshold at the share b, learned for each feature; 0 at 0, 1 at 1.

    y = (σ(a (p̄ − b)) − σ(−a b)) / (σ(a (1 − b)) − σ(−a b)),  p̄ = Σ p / n

    Outside [0, 1] is taken as the nearer of the two.

    Args:
        a: Steepness of the threshold, not learned.

    Shape: (bag, features) -> (features,), probabilities before and after
    Empty: 0.
    Source: Kraus, Ba & Frey 2016, arXiv:1511.05286, eq. 6.
    """

    def __init__(self, a: Positive = 10.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.a = a

    def make_weights(self, features: int) -> None:
        drawn = RandomUniform(0.0, 1.0)
        self.b = self.add_weight(name="b", shape=(features,), initializer=drawn, constraint=Within(0.0, 1.0))

    def lift(self, p: Tensor) -> Mean:
        return Mean(kops.clip(p, 0, 1))

    def lower(self, share: Tensor) -> Tensor:
        """σ(a (p̄ − b)) − σ(−a b) is (1 − e^(−a p̄)) σ(a (p̄ − b)) times a constant, and there nothing cancels."""
        one = kops.ones_like(share)
        return self._risen(share) / self._risen(one)

    def _risen(self, share: Tensor) -> Tensor:
        return -ops.expm1(-self.a * share) * kops.sigmoid(self.a * (share - self.b))
