"""The strongest, or all, of what the elements say of each word."""

from __future__ import annotations

from typing import Any, Literal

from keras import ops as kops

import kpool
from kpool import ops
from kpool.ops import Tensor
from kpool.reductions import Max, Sum


class SpladePooling(kpool.Pooling, name="splade"):
    """A sparse vector over a vocabulary, from the scores every token gives every word.

    y = max log(1 + max(x, 0)), or Σ log(1 + max(x, 0))

    Args:
        reduce: "max" as in SPLADE v2, "sum" as in the first.

    Shape: (bag, features) -> (features,)
    Empty: 0.
    Source: Formal et al. 2021, arXiv:2107.05720, eq. 1 (sum); arXiv:2109.10086, eq. 6 (max).
    """

    def __init__(self, reduce: Literal["max", "sum"] = "max", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.reduce = reduce

    def lift(self, x: Tensor) -> Max | Sum:
        return Max(x) if self.reduce == "max" else Sum(_saturated(x))

    def lower(self, pooled: Tensor) -> Tensor:
        return _saturated(pooled) if self.reduce == "max" else pooled


def _saturated(x: Tensor) -> Tensor:
    """log(1 + max(x, 0)), which rises with x: of the largest x it is the largest."""
    x = kops.relu(x)
    below = kops.minimum(x, 1)
    # log(1 + x) = −log(1 − x / (1 + x)), which keeps the digits of a small x
    return kops.where(x < 1, -ops.log1p(-below / (1 + below)), kops.log(1 + x))
