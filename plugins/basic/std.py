"""The standard deviation."""

from __future__ import annotations

from typing import Annotated, Any

import kpool
from kpool import ops
from kpool.ops import Tensor
from kpool.parameters import Between
from kpool.reductions import Moments, MomentsValue


class StdPooling(kpool.Pooling, name="std"):
    """The standard deviation, in two passes: exact where E[x²] − E[x]² cancels.

    y = √(Σ (x − μ)² / (n − ddof))

    Args:
        ddof: 0 for the population's, 1 for the sample's; gives 0 where n ≤ ddof.

    Shape: (bag, features) -> (features,)
    Empty: 0.
    """

    def __init__(self, ddof: Annotated[int, Between(0, 1)] = 0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.ddof = ddof

    def lift(self, x: Tensor) -> Moments:
        return Moments(x)

    def lower(self, moments: MomentsValue) -> Tensor:
        return ops.sqrt(moments.variance(self.ddof))
