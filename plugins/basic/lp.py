"""The p-norm."""

from __future__ import annotations

from typing import Annotated, Any

from keras import ops as kops

import kpool
from kpool import ops
from kpool.ops import Tensor
from kpool.parameters import Between
from kpool.reductions import PowerMean, State


class Norm(PowerMean):
    """(Σ |x|^p)^(1/p), the bag's largest |x| divided out as in the mean."""

    def value(self, state: State) -> Tensor:
        return state["scale"] * ops.power(state["sum"], 1 / self.p)


class LpPooling(kpool.Pooling, name="lp"):
    """The p-norm of each feature: Σ |x| at p = 1, towards max |x| as p grows.

    y = (Σ |x|^p)^(1/p)

    It is n^(1/p) times the power mean of |x|. PyTorch's `lp_pool` takes x^p without |x|: NaN or a sign where x < 0.

    Args:
        p: The exponent, in [1, 64]; a whole one up to 8 costs no power.

    Shape: (bag, features) -> (features,)
    Empty: 0.
    Source: Sermanet, Chintala & LeCun 2012, arXiv:1204.3968, sec. 2.
    """

    def __init__(self, p: Annotated[float, Between(1, 64)] = 2.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.p = p

    def lift(self, x: Tensor) -> Norm:
        return Norm(kops.abs(x), self.p)
