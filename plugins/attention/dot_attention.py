"""Average with weights from learned queries."""

from __future__ import annotations

import math
from typing import Any, Literal

from keras import ops as kops

import kpool
from kpool.ops import Tensor, divisible, matmul, merge_heads, split_heads
from kpool.parameters import Count
from kpool.reductions import SoftmaxSum


class DotAttentionPooling(kpool.Pooling, name="dot_attention"):
    """Average with weights from learned queries: dot-product attention in which the queries are parameters.

    y_q = Σ softmax(qᵀ k / √d) · v,  k = W_k x, v = W_v x with projections, k = v = x without

    Args:
        queries: How many; with values="all" each gives an average of its own, side by side.
        projections: Learn W_k and W_v (features × features), as in Set Transformer's pooling.
        values: "all": every query averages all features; "split": each its own share of them, which must divide by
            the number of queries (efficient probing).
        initial: "mean" starts with q = 0, the plain average; "random" draws it.

    Shape: (bag, features) -> (queries · features,), or (features,) with values="split"
    Empty: 0.
    Raises: SpecError if the features do not divide by the queries with values="split".
    Source: Lee et al. 2019 (Set Transformer), arXiv:1810.00825, eq. 11, one head, without its residual and rFF;
        Psomas et al. 2025 (efficient probing), arXiv:2506.10178, for values="split".
    """

    def __init__(
        self,
        queries: Count = 1,
        projections: bool = False,
        values: Literal["all", "split"] = "all",
        initial: Literal["random", "mean"] = "random",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.queries = queries
        self.projections = projections
        self.values = values
        self.initial = initial

    def output_features(self, features: int) -> int:
        return features * self.queries if self.values == "all" else features

    def make_weights(self, features: int) -> None:
        if self.values == "split":
            divisible(features, self.queries, self.strategy_name)
        drawn = "zeros" if self.initial == "mean" else "glorot_uniform"
        self.q = self.add_weight(name="q", shape=(features, self.queries), initializer=drawn)
        if self.projections:
            square = {"shape": (features, features), "initializer": "glorot_uniform"}
            self.W_k = self.add_weight(name="W_k", **square)
            self.W_v = self.add_weight(name="W_v", **square)

    def lift(self, x: Tensor) -> SoftmaxSum:
        k, v = (matmul(x, self.W_k), matmul(x, self.W_v)) if self.projections else (x, x)
        scores = matmul(k, self.q) / math.sqrt(k.shape[-1])
        parts = self.queries if self.values == "split" else 1
        return SoftmaxSum(kops.expand_dims(scores, -1), split_heads(v, parts))

    def lower(self, pooled: Tensor) -> Tensor:
        return merge_heads(pooled)
