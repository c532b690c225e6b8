"""Average weighted by the softmax of the values, as sharp as each feature learns."""

from __future__ import annotations

from typing import Annotated, Any

import annotated_types
import keras

import kpool
from kpool.constraints import Within
from kpool.ops import Tensor
from kpool.parameters import Positive
from kpool.reductions import SoftmaxSum


class AutoPooling(kpool.Pooling, name="auto_pool"):
    """Average weighted by the softmax of the values, as sharp as each feature learns: the mean at α = 0, the max at ∞.

    y = Σ softmax(α ⊙ x) ⊙ x

    It is `softmax` with one learned temperature a feature that starts at 0, and the paper's two ways to hold it.

    Args:
        max_alpha: The bound of |α| (constrained auto-pool, CAP); none if none is given.
        regularizer: λ, adds λ Σ α² to the loss (regularised auto-pool, RAP).

    Shape: (bag, features) -> (features,)
    Empty: 0.
    Source: McFee et al. 2018, arXiv:1804.10070, sec. III.
    """

    def __init__(
        self,
        max_alpha: Positive | None = None,
        regularizer: Annotated[float, annotated_types.Ge(0)] = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.bounds = Within(-max_alpha, max_alpha) if max_alpha else None
        self.penalty = keras.regularizers.L2(regularizer) if regularizer else None

    def make_weights(self, features: int) -> None:
        held = {"constraint": self.bounds, "regularizer": self.penalty}
        self.α = self.add_weight(name="alpha", shape=(features,), initializer="zeros", **held)

    def lift(self, x: Tensor) -> SoftmaxSum:
        return SoftmaxSum(scores=self.α * x, values=x)
