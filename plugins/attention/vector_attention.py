"""Average with weights of its own for every feature."""

from __future__ import annotations

from typing import Any, Literal

from keras import ops as kops

import kpool
from kpool.ops import Tensor, matmul
from kpool.parameters import Count
from kpool.reductions import SoftmaxSum


class VectorAttentionPooling(kpool.Pooling, name="vector_attention"):
    """Average with weights of its own for every feature, from a small network: generalized pooling.

    y = Σ softmax(W₂ relu(W₁ x + b₁)) ⊙ x

    The paper's b₂ is left out: what is added to every score alike changes no softmax. So are its penalties.

    Args:
        units: Width of the network, of each head.
        heads: Networks; each gives an average of all features, side by side.
        initial: "mean" starts with W₂ = 0, the plain average; "random" draws it.

    Shape: (bag, features) -> (heads · features,)
    Empty: 0.
    Source: Chen, Ling & Zhu 2018, arXiv:1806.09828, sec. 3.
    """

    def __init__(
        self, units: Count = 128, heads: Count = 1, initial: Literal["random", "mean"] = "random", **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.units = units
        self.heads = heads
        self.initial = initial

    def output_features(self, features: int) -> int:
        return self.heads * features

    def make_weights(self, features: int) -> None:
        drawn, width = "zeros" if self.initial == "mean" else "glorot_uniform", self.heads * self.units
        self.W_1 = self.add_weight(name="W_1", shape=(features, width), initializer="glorot_uniform")
        self.b_1 = self.add_weight(name="b_1", shape=(width,), initializer="zeros")
        self.W_2 = self.add_weight(name="W_2", shape=(self.units, self.heads * features), initializer=drawn)

    def lift(self, x: Tensor) -> SoftmaxSum:
        hidden = kops.relu(matmul(x, self.W_1) + self.b_1)
        networks = zip(*(kops.split(z, self.heads, axis=-1) for z in (hidden, self.W_2)), strict=True)
        scores = [matmul(h, w) for h, w in networks]
        return SoftmaxSum(kops.concatenate(scores, axis=-1), kops.concatenate([x] * self.heads, axis=-1))
