"""Attention whose query is taken from the bag."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from annotated_types import Ge
from keras import ops as kops

import kpool
from kpool.bags import Bags
from kpool.ops import Tensor, divisible, matmul, matmul_heads, merge_heads, pull_back, where_expanded
from kpool.parameters import Count
from kpool.reductions import Mean, SoftmaxSum
from kpool.region.lined import Lined, lined_up


class AdaAttentionPooling(kpool.Pooling, name="ada_attention"):
    """Multi-head attention whose query is taken from the bag: one of its elements, or their mean.

    y = W_o Σ softmax((W_q s)ᵀ W_k x / √d) W_v x, plus s with skip;  s is the query

    Args:
        query: s: "mean", "first", "last", or the place of an element among those of the bag that count, from 0; a
            shorter bag is asked by its last. In the paper the query is the element most likely to be signal.
        heads: Parts of the features that attend by themselves; the features must divide by their number.
        skip: Add s, as in the paper; its code does so with an element, and not with a mean.
        initial: "mean" starts with W_q = 0 and W_v = W_o = 1, the plain average if there is no skip; "random" draws
            them.

    Shape: (bag, features) -> (features,)
    Empty: 0.
    Raises: SpecError if the features do not divide by the heads.
    Source: Brothers 2025 (AdaPool), arXiv:2506.09215.
    """

    permutation_invariant = False
    mergeable = False
    deep = True

    def __init__(
        self,
        query: Literal["mean", "first", "last"] | Annotated[int, Ge(0)] = "mean",
        heads: Count = 8,
        skip: bool = False,
        initial: Literal["random", "mean"] = "random",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.query = query
        self.heads = heads
        self.skip = skip
        self.initial = initial

    def make_weights(self, features: int) -> None:
        divisible(features, self.heads, self.strategy_name)
        mean, square = self.initial == "mean", (features, features)
        drawn, kept = ("zeros", "identity") if mean else ("glorot_uniform", "glorot_uniform")
        self.W_q = self.add_weight(name="W_q", shape=square, initializer=drawn)
        self.W_k = self.add_weight(name="W_k", shape=square, initializer="glorot_uniform")
        self.W_v = self.add_weight(name="W_v", shape=square, initializer=kept)
        self.W_o = self.add_weight(name="W_o", shape=square, initializer=kept)

    def pool(self, bags: Bags) -> Tensor:
        lined = lined_up(bags, bags.line_up(bags.elements, 0.0))
        s = self._query(lined)
        u = pull_back(matmul_heads(s, self.W_q, self.heads), self.W_k)
        scores = kops.expand_dims(matmul(lined.elements, u), -1)
        v = matmul_heads(lined.elements, self.W_v, self.heads)
        y = matmul(merge_heads(SoftmaxSum(scores, v).over(lined)), self.W_o)
        return s + y if self.skip else y

    def _query(self, lined: Lined) -> Tensor:
        if self.query == "mean":
            return Mean(lined.elements).over(lined)
        if self.query in ("first", "last"):
            return lined.first(lined.elements) if self.query == "first" else lined.last(lined.elements)
        often = lined.lined_weights[..., 0]  # an element of weight 2 has two places
        before = kops.logical_and(lined.present, kops.cumsum(often, axis=-1) - often <= self.query)
        return Lined(where_expanded(before, lined.elements, 0.0), before).last(lined.elements)
