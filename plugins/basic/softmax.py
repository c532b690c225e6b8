"""Average weighted by the softmax of the values."""

from __future__ import annotations

from typing import Any

from keras.initializers import Constant

import kpool
from kpool.ops import Tensor
from kpool.reductions import SoftmaxSum


class SoftmaxPooling(kpool.Pooling, name="softmax"):
    """Average weighted by the softmax of the values, feature by feature: SoftPool over windows, AutoPool when learned.

    y = Σ softmax(t x) · x

    Args:
        temperature: t, the initial one if it is learned: 0 is the mean, ∞ the max, below 0 it leans to the min.
        per_channel: One t a feature (AutoPool); otherwise one for all.
        trainable: Learn t.

    Shape: (bag, features) -> (features,)
    Empty: 0.
    Source: Stergiou et al. 2021 (SoftPool), arXiv:2101.00440, eq. 2; McFee et al. 2018 (AutoPool),
        arXiv:1804.10070, eq. 6, with temperature=0, per_channel=true, trainable=true.
    """

    def __init__(
        self, temperature: float = 1.0, per_channel: bool = False, trainable: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.t: Any = temperature
        self.per_channel = per_channel
        self.learned = trainable

    def make_weights(self, features: int) -> None:
        if self.learned:
            shape = (features,) if self.per_channel else ()
            self.t = self.add_weight(name="t", shape=shape, initializer=Constant(self.t))

    def lift(self, x: Tensor) -> SoftmaxSum:
        return SoftmaxSum(scores=self.t * x, values=x)
