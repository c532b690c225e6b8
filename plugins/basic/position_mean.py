"""Average weighted by place."""

from __future__ import annotations

import kpool
from kpool.ops import Tensor
from kpool.reductions import PositionMean


class PositionMeanPooling(kpool.Pooling, name="position_mean"):
    """Average weighted by place: of a causal model's tokens, the later ones have seen more.

    y = Σ i x_i / Σ i,  i = 1 … n, counted from the first counted element

    Shape: (bag, features) -> (features,)
    Empty: 0.
    Source: Muennighoff 2022 (SGPT), arXiv:2202.08904.
    """

    permutation_invariant = False

    def lift(self, x: Tensor) -> PositionMean:
        return PositionMean(x)
