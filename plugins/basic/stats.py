"""Mean and standard deviation, side by side."""

from __future__ import annotations

from typing import Annotated, Any

from keras import ops as kops

import kpool
from kpool import ops
from kpool.ops import Tensor
from kpool.parameters import Between
from kpool.reductions import Moments, MomentsValue


class StatsPooling(kpool.Pooling, name="stats"):
    """Mean and standard deviation, side by side: statistics pooling of x-vectors.

    y = [μ; √(Σ (x − μ)² / (n − ddof))],  μ = Σ x / n

    Args:
        ddof: 0 for the population's deviation, 1 for the sample's; gives 0 where n ≤ ddof.

    Shape: (bag, features) -> (2 · features,)
    Empty: 0.
    Source: Snyder et al. 2017, Deep Neural Network Embeddings for Text-Independent Speaker Verification, sec. 2.
    """

    def __init__(self, ddof: Annotated[int, Between(0, 1)] = 0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.ddof = ddof

    def output_features(self, features: int) -> int:
        return 2 * features

    def lift(self, x: Tensor) -> Moments:
        return Moments(x)

    def lower(self, moments: MomentsValue) -> Tensor:
        return kops.concatenate([moments.mean, ops.sqrt(moments.variance(self.ddof))], axis=-1)
