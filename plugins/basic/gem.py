"""Power mean with a learned exponent."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from keras import ops as kops
from keras.initializers import Constant

import kpool
from kpool import ops
from kpool.constraints import Within
from kpool.errors import KpoolError
from kpool.ops import Tensor
from kpool.parameters import Between
from kpool.reductions import PowerMean

_EPSILON = 1e-6


class GeMPooling(kpool.Pooling, name="gem"):
    """Power mean with a learned exponent: of positive values the mean at p = 1, towards the max as p grows.

    y = (Σ max(x, ε)^p / n)^(1/p),  ε = 10⁻⁶

    Args:
        p: Initial exponent. A learned one stays in [1, 64].
        per_channel: One exponent a feature; otherwise one for all.
        trainable: Learn the exponent; otherwise it is the constant p, and a whole p up to 8 costs no power.
        negatives: What becomes of x < 0: "clamp" raises it to ε, as in the paper; "signed" takes
            sgn(x) |x|^p, and the root of the mean with its sign; "error" raises.

    Shape: (bag, features) -> (features,)
    Empty: 0.
    Source: Radenović et al. 2018, arXiv:1711.02512, eq. 3.
    """

    def __init__(
        self,
        p: Annotated[float, Between(1, 64)] = 3.0,
        per_channel: bool = False,
        trainable: bool = True,
        negatives: Literal["clamp", "signed", "error"] = "clamp",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.p: Any = p
        self.per_channel = per_channel
        self.learned = trainable
        self.negatives = negatives

    def make_weights(self, features: int) -> None:
        if self.learned:
            shape = (features,) if self.per_channel else ()
            bounds = Within(1, 64)
            self.p = self.add_weight(name="p", shape=shape, initializer=Constant(self.p), constraint=bounds)

    def lift(self, x: Tensor) -> PowerMean:
        if self.negatives == "error":
            ops.require(x >= 0, KpoolError, "gem(negatives=error) was given values below 0; clamp or rectify them")
        if self.negatives == "clamp":
            x = kops.maximum(x, _EPSILON)
        return PowerMean(x, self.p)
