"""Multi-head attention pooling with a learned probe, and an MLP behind it."""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal

from annotated_types import Ge
from keras import ops as kops
from keras.initializers import TruncatedNormal

import kpool
from kpool.ops import Tensor, divisible, gelu, layer_norm, matmul, matmul_heads, merge_heads, pull_back, split_heads
from kpool.parameters import Count
from kpool.reductions import SoftmaxSum


class MAPPooling(kpool.Pooling, name="map"):
    """Multi-head attention with a learned probe as its query, then a residual MLP: the head of SigLIP.

    y = a + W₂ gelu(W₁ LN(a) + b₁) + b₂,  a = W_o Σ softmax(qᵀ W_k x / √d) (W_v x + b_v) + b_o,  q = W_q p + b_q

    The keys have no bias: what is added to every score alike changes no softmax. Weights are kept as Flax keeps them,
    (inputs, outputs), heads side by side: those of PyTorch (`in_proj_weight`, `kv.weight`) are cut and transposed.

    Args:
        heads: Parts of the features that attend by themselves; the features must divide by their number.
        mlp_ratio: Width of the MLP, in features; 0 leaves it out, and y = a.
        probes: How many p; each gives an answer of its own, side by side.
        activation: "gelu_tanh", the approximation, as in big_vision and SigLIP; "gelu" itself, as in timm.
        initial: "mean" starts with p = 0, W_v = W_o = 1 and W₂ = 0, the plain average; "random" draws them.

    Shape: (bag, features) -> (probes · features,)
    Empty: 0.
    Raises: SpecError if the features do not divide by the heads.
    Source: Zhai et al. 2022, arXiv:2106.04560 (MAP head), as in SigLIP, arXiv:2303.15343; from Lee et al. 2019 (Set
        Transformer), arXiv:1810.00825.
    """

    deep = True

    def __init__(
        self,
        heads: Count = 8,
        mlp_ratio: Annotated[float, Ge(0)] = 4.0,
        probes: Count = 1,
        activation: Literal["gelu_tanh", "gelu"] = "gelu_tanh",
        initial: Literal["random", "mean"] = "random",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.heads = heads
        self.mlp_ratio = mlp_ratio
        self.probes = probes
        self.activation = activation
        self.initial = initial

    def output_features(self, features: int) -> int:
        return self.probes * features

    def make_weights(self, features: int) -> None:
        divisible(features, self.heads, self.strategy_name)
        mean = self.initial == "mean"
        drawn, square = "glorot_uniform", (features, features)
        probe = "zeros" if mean else TruncatedNormal(stddev=features**-0.5)
        self.p = self.add_weight(name="p", shape=(self.probes, features), initializer=probe)
        self.W_q = self.add_weight(name="W_q", shape=square, initializer=drawn)
        self.b_q = self.add_weight(name="b_q", shape=(features,), initializer="zeros")
        self.W_k = self.add_weight(name="W_k", shape=square, initializer=drawn)
        self.W_v = self.add_weight(name="W_v", shape=square, initializer="identity" if mean else drawn)
        self.b_v = self.add_weight(name="b_v", shape=(features,), initializer="zeros")
        self.W_o = self.add_weight(name="W_o", shape=square, initializer="identity" if mean else drawn)
        self.b_o = self.add_weight(name="b_o", shape=(features,), initializer="zeros")
        if self.mlp_ratio:
            self._make_mlp(features, int(features * self.mlp_ratio), "zeros" if mean else drawn)

    def _make_mlp(self, features: int, width: int, last: str) -> None:
        self.scale = self.add_weight(name="scale", shape=(features,), initializer="ones")
        self.offset = self.add_weight(name="offset", shape=(features,), initializer="zeros")
        self.W_1 = self.add_weight(name="W_1", shape=(features, width), initializer="glorot_uniform")
        self.b_1 = self.add_weight(name="b_1", shape=(width,), initializer="zeros")
        self.W_2 = self.add_weight(name="W_2", shape=(width, features), initializer=last)
        self.b_2 = self.add_weight(name="b_2", shape=(features,), initializer="zeros")

    def lift(self, x: Tensor) -> SoftmaxSum:
        q = split_heads(matmul(self.p, self.W_q) + self.b_q, self.heads)
        u = kops.reshape(kops.moveaxis(pull_back(q, self.W_k), 0, 1), (x.shape[-1], self.probes * self.heads))
        scores, v = matmul(x, u), matmul_heads(x, self.W_v, self.heads)
        if self.probes > 1:
            scores, v = split_heads(scores, self.probes), kops.expand_dims(v, -3)
        return SoftmaxSum(kops.expand_dims(scores, -1), v)

    def lower(self, pooled: Tensor) -> Tensor:
        a = matmul(merge_heads(pooled), self.W_o) + (matmul(self.b_v, self.W_o) + self.b_o)
        y = a + self._mlp(a) if self.mlp_ratio else a
        return merge_heads(y) if self.probes > 1 else y

    def _mlp(self, a: Tensor) -> Tensor:
        hidden = matmul(layer_norm(a, self.scale, self.offset), self.W_1) + self.b_1
        return matmul(_ACTIVATIONS[self.activation](hidden), self.W_2) + self.b_2


def _gelu_tanh(x: Tensor) -> Tensor:
    """x (1 + tanh z) / 2 = x σ(2 z), which cancels nothing where x < 0."""
    return x * kops.sigmoid(math.sqrt(8 / math.pi) * (x + 0.044715 * x * x * x))


_ACTIVATIONS = {"gelu_tanh": _gelu_tanh, "gelu": gelu}
