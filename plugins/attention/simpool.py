"""Attention whose query is the mean, over values raised to a power."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from keras import ops as kops

import kpool
from kpool import ops
from kpool.bags import Bags
from kpool.ops import Tensor, divisible, layer_norm, matmul, matmul_heads, merge_heads, power, pull_back, split_heads
from kpool.parameters import Between, Count
from kpool.reductions import Mean, Min, SoftmaxSum
from kpool.region.lined import Lined, lined_up


class SimPoolPooling(kpool.Pooling, name="simpool"):
    """Attention whose query is the bag's mean, over values raised to a power.

    y = (Σ softmax(qᵀ W_k z / √d) (z − m)^γ)^(1/γ),  z = LN(x),  q = W_q Σ x / n,  m = min z

    The paper's code takes the least z of the whole batch, so that an answer depends on the examples beside it, and adds
    10⁻⁶ to z − m; here m is the bag's own.

    Args:
        heads: Parts of the features that attend by themselves; the features must divide by their number.
        gamma: γ; the paper has 2 for convolutional networks and 1.25 for transformers. none takes z as it is, without
            m, as the paper's code does.
        minimum: "bag": m is one number, as in the paper; "channel": one a feature, as in timm.
        initial: "mean" starts with W_q = 0, so that all elements weigh the same; "random" draws it.

    Shape: (bag, features) -> (features,)
    Empty: 0.
    Raises: SpecError if the features do not divide by the heads.
    Source: Psomas et al. 2023, arXiv:2309.06891, eq. 12-17.
    """

    mergeable = False
    deep = True

    def __init__(
        self,
        heads: Count = 1,
        gamma: Annotated[float, Between(1, 8)] | None = 2.0,
        minimum: Literal["bag", "channel"] = "bag",
        initial: Literal["random", "mean"] = "random",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.heads = heads
        self.gamma = gamma
        self.minimum = minimum
        self.initial = initial

    def make_weights(self, features: int) -> None:
        divisible(features, self.heads, self.strategy_name)
        drawn, square = "zeros" if self.initial == "mean" else "glorot_uniform", (features, features)
        self.W_q = self.add_weight(name="W_q", shape=square, initializer=drawn)
        self.W_k = self.add_weight(name="W_k", shape=square, initializer="glorot_uniform")
        self.scale = self.add_weight(name="scale", shape=(features,), initializer="ones")
        self.offset = self.add_weight(name="offset", shape=(features,), initializer="zeros")

    def pool(self, bags: Bags) -> Tensor:
        lined = lined_up(bags, bags.line_up(bags.elements, 0.0))
        z = layer_norm(lined.elements, self.scale, self.offset)
        q = matmul_heads(Mean(lined.elements).over(lined), self.W_q, self.heads)
        scores = kops.expand_dims(matmul(z, pull_back(q, self.W_k)), -1)
        if self.gamma is None:
            return self._average(scores, z, lined)
        low = Min(z).over(lined)
        if self.minimum == "bag":
            low = ops.least(low, -1, keepdims=True)
        raised = power(z - kops.expand_dims(low, -2), self.gamma)
        return power(self._average(scores, raised, lined), 1 / self.gamma)

    def _average(self, scores: Tensor, values: Tensor, lined: Lined) -> Tensor:
        return merge_heads(SoftmaxSum(scores, split_heads(values, self.heads)).over(lined))
