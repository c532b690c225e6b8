"""Log-mean-exp, a smooth maximum."""

from __future__ import annotations

from typing import Any

from keras.initializers import Constant

import kpool
from kpool.constraints import Within
from kpool.ops import Tensor
from kpool.parameters import Positive
from kpool.reductions import LogMeanExp


class LSEPooling(kpool.Pooling, name="lse"):
    """Log-mean-exp, a smooth maximum: towards the mean as r → 0, towards the max as r → ∞.

    y = (1/r) log(Σ exp(r x) / n)

    Args:
        r: Sharpness. A learned one stays in [0.001, 1000].
        trainable: Learn r.

    Shape: (bag, features) -> (features,)
    Empty: 0.
    Source: Pinheiro & Collobert 2015, arXiv:1411.6228, eq. 6.
    """

    def __init__(self, r: Positive = 10.0, trainable: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.r: Any = r
        self.learned = trainable

    def make_weights(self, features: int) -> None:
        if self.learned:
            bounds = Within(1e-3, 1e3)
            self.r = self.add_weight(name="r", shape=(), initializer=Constant(self.r), constraint=bounds)

    def lift(self, x: Tensor) -> LogMeanExp:
        return LogMeanExp(self.r * x)

    def lower(self, lme: Tensor) -> Tensor:
        return lme / self.r
