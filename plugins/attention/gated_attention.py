"""Average with weights from a small gated network."""

from __future__ import annotations

from typing import Any, Literal

from keras import ops as kops

import kpool
from kpool.ops import Tensor, divisible, matmul, merge_heads, split_heads
from kpool.parameters import Count
from kpool.reductions import SoftmaxSum


class GatedAttentionPooling(kpool.Pooling, name="gated_attention"):
    """Average with weights from a small gated network: the gate adds what tanh, nearly linear at 0, cannot say.

    y = Σ softmax(vᵀ (tanh(V x) ⊙ σ(U x))) · x

    Args:
        units: Width of the network, the length of v.
        heads: Several v; each weighs its own share of the features, which must divide by their number.
        use_bias: Add biases inside tanh and σ, as the paper's reference code does; the paper has none.
        initial: "mean" starts with v = 0, the plain average; "random" draws it.

    Shape: (bag, features) -> (features,)
    Empty: 0.
    Raises: SpecError if the features do not divide by the heads.
    Source: Ilse et al. 2018, arXiv:1802.04712, eq. 9.
    """

    def __init__(
        self,
        units: Count = 128,
        heads: Count = 1,
        use_bias: bool = False,
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
        self.V = self.add_weight(name="V", shape=(features, self.units), initializer="glorot_uniform")
        self.U = self.add_weight(name="U", shape=(features, self.units), initializer="glorot_uniform")
        self.b = self.add_weight(name="b", shape=(self.units,), initializer="zeros") if self.use_bias else 0.0
        self.c = self.add_weight(name="c", shape=(self.units,), initializer="zeros") if self.use_bias else 0.0
        self.v = self.add_weight(name="v", shape=(self.units, self.heads), initializer=drawn)

    def lift(self, x: Tensor) -> SoftmaxSum:
        scores = matmul(kops.tanh(matmul(x, self.V) + self.b) * kops.sigmoid(matmul(x, self.U) + self.c), self.v)
        return SoftmaxSum(kops.expand_dims(scores, -1), split_heads(x, self.heads))

    def lower(self, pooled: Tensor) -> Tensor:
        return merge_heads(pooled)
