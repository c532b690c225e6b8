"""Average of probabilities weighted by their exponentials."""

from __future__ import annotations

import kpool
from kpool.ops import Tensor
from kpool.reductions import SoftmaxSum


class ExpSoftmaxPooling(kpool.Pooling, name="exp_softmax"):
    """Average of probabilities weighted by their exponentials: between the mean and `linear_softmax`.

    y = Σ p e^p / Σ e^p

    It is `softmax` at temperature 1, for any values; probabilities lie so close that the mean is near.

    Shape: (bag, features) -> (features,)
    Empty: 0.
    Source: Wang, Li & Metze 2019, arXiv:1810.09050, table 1.
    """

    def lift(self, p: Tensor) -> SoftmaxSum:
        return SoftmaxSum(scores=p, values=p)
