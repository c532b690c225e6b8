"""Mean and standard deviation, side by side."""

from __future__ import annotations

from typing import Annotated, Any

from annotated_types import Ge
from keras import ops as kops

import kpool
from kpool.ops import Tensor
from kpool.parameters import Between
from kpool.reductions import Convention, Moments, MomentsValue, Spread


class StatsPooling(kpool.Pooling, name="stats"):
    """Mean and standard deviation, side by side: statistics pooling of x-vectors.

    y = [μ; √(Σ (x − μ)² / (n − ddof) + ε)],  μ = Σ x / n

    Args:
        ddof: 0 for the population's deviation, 1 for the sample's, which is 0 where n = 1; the convention's own if none
            is given.
        epsilon: ε, of the unit of x², after the root of x; the convention's own if none is given.
        convention: By which the deviation is taken, as in `std`: "population", "kaldi", "speechbrain", "pyannote" or
            "ecapa".

    Shape: (bag, features) -> (2 · features,)
    Empty: 0.
    Raises: SpecError for a ddof with "pyannote".
    Source: Snyder et al. 2017, Deep Neural Network Embeddings for Text-Independent Speaker Verification, sec. 2.
    """

    def __init__(
        self,
        ddof: Annotated[int, Between(0, 1)] | None = None,
        epsilon: Annotated[float, Ge(0)] | None = None,
        convention: Convention = "population",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.spread = Spread(convention, ddof, epsilon, self.strategy_name)

    @property
    def weights_repeat(self) -> bool:
        """By "pyannote" they say how far an element is to be trusted."""
        return self.spread.ddof is not None

    def output_features(self, features: int) -> int:
        return 2 * features

    def lift(self, x: Tensor) -> Moments:
        return Moments(x)

    def lower(self, moments: MomentsValue) -> Tensor:
        return kops.concatenate([moments.mean, self.spread.deviation(moments)], axis=-1)
