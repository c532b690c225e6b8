"""Average with weights from a small network."""

from __future__ import annotations

from typing import Any, Literal

from keras import ops as kops

import kpool
from kpool.ops import Tensor, divisible, matmul, merge_heads, split_heads
from kpool.parameters import Count
from kpool.reductions import SoftmaxSum


class AttentionPooling(kpool.Pooling, name="attention"):
    """Average with weights from a small network: additive attention.

    y = Σ softmax(vᵀ tanh(W x + b)) · x

    Args:
        units: Width of the network, the length of v.
        heads: Several v; each weighs its own share of the features, which must divide by their number.
        use_bias: Whether there is a b: Yang et al. have one, Ilse et al. (eq. 8) do not.
        initial: "mean" starts with v = 0, the plain average; "random" draws it.

    Shape: (bag, features) -> (features,)
    Empty: 0.
    Raises: SpecError if the features do not divide by the heads.
    Source: Yang et al. 2016 (HAN), eq. 5-7; Ilse et al. 2018 (ABMIL), arXiv:1802.04712, eq. 8.
    """

    def __init__(
        self,
        units: Count = 128,
        heads: Count = 1,
        use_bias: bool = True,
        initial: Literal["random", "mean"] = "random",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.units = units
        self.heads = heads
        self.use_bias = use_bias
        self.initial = initial

    def make_weights(self, features: int) -> None:
        divisible(features, self.heads, self.strategy_name)
        drawn = "zeros" if self.initial == "mean" else "glorot_uniform"
        self.W = self.add_weight(name="W", shape=(features, self.units), initializer="glorot_uniform")
        self.b = self.add_weight(name="b", shape=(self.units,), initializer="zeros") if self.use_bias else 0.0
        self.v = self.add_weight(name="v", shape=(self.units, self.heads), initializer=drawn)

    def lift(self, x: Tensor) -> SoftmaxSum:
        scores = matmul(kops.tanh(matmul(x, self.W) + self.b), self.v)
        return SoftmaxSum(kops.expand_dims(scores, -1), split_heads(x, self.heads))

    def lower(self, pooled: Tensor) -> Tensor:
        return merge_heads(pooled)
