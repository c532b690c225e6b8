"""The mean of elements that have each attended to learned latents."""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal

from annotated_types import Gt
from keras import ops as kops
from keras.initializers import RandomNormal

import kpool
from kpool.ops import Tensor, divisible, gelu, layer_norm, matmul, matmul_heads, merge_heads, reshape, softmax
from kpool.parameters import Count
from kpool.reductions import Mean

_EPSILON = 1e-5  # PyTorch's


class LatentAttentionPooling(kpool.Pooling, name="latent_attention"):
    """The mean of elements that have each attended to learned latents: elements ask, latents are keys and values.

    y = Σ (h + W₂ (u ⊙ gelu(g)) + b₂) / n,  [u; g] = W₁ LN(h) + b₁,
    h = x + W_o softmax((W_q LN(x))ᵀ W_k LN(l) / √d) W_v LN(l)

    No element asks another: steps × latents, not quadratic in the steps. NV-Embed's heads are each as wide as its
    features; here they share them. It makes the answer a unit vector, as `latent_attention | l2_norm` does.

    Args:
        latents: How many l; NV-Embed has 512.
        heads: Parts of the features that attend by themselves; the features must divide by their number.
        mlp_ratio: Width of the feed-forward network, in features.
        initial: "mean" starts with W_o = W₂ = 0, the plain average; "random" draws them.

    Shape: (bag, features) -> (features,)
    Empty: 0.
    Raises: SpecError if the features do not divide by the heads.
    Source: Lee et al. 2024 (NV-Embed), arXiv:2405.17428, sec. 3.2.
    """

    deep = True

    def __init__(
        self,
        latents: Count = 32,
        heads: Count = 8,
        mlp_ratio: Annotated[float, Gt(0)] = 4.0,
        initial: Literal["random", "mean"] = "random",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.latents = latents
        self.heads = heads
        self.mlp_ratio = mlp_ratio
        self.initial = initial

    def make_weights(self, features: int) -> None:
        divisible(features, self.heads, self.strategy_name)
        drawn, width = "zeros" if self.initial == "mean" else "glorot_uniform", int(features * self.mlp_ratio)
        square = (features, features)
        self.l = self.add_weight(name="l", shape=(self.latents, features), initializer=RandomNormal(stddev=1.0))
        self.W_q = self.add_weight(name="W_q", shape=square, initializer="glorot_uniform")
        self.W_k = self.add_weight(name="W_k", shape=square, initializer="glorot_uniform")
        self.W_v = self.add_weight(name="W_v", shape=square, initializer="glorot_uniform")
        self.W_o = self.add_weight(name="W_o", shape=square, initializer=drawn)
        self.W_1 = self.add_weight(name="W_1", shape=(features, 2 * width), initializer="glorot_uniform")
        self.b_1 = self.add_weight(name="b_1", shape=(2 * width,), initializer="zeros")
        self.W_2 = self.add_weight(name="W_2", shape=(width, features), initializer=drawn)
        self.b_2 = self.add_weight(name="b_2", shape=(features,), initializer="zeros")
        for norm in ("x", "l", "h"):
            scale = self.add_weight(name=f"scale_{norm}", shape=(features,), initializer="ones")
            offset = self.add_weight(name=f"offset_{norm}", shape=(features,), initializer="zeros")
            setattr(self, f"scale_{norm}", scale)
            setattr(self, f"offset_{norm}", offset)

    def lift(self, x: Tensor) -> Mean:
        rows = reshape(x, (-1, x.shape[-1]))
        h = rows + self._heard(rows)
        hidden = matmul(layer_norm(h, self.scale_h, self.offset_h, _EPSILON), self.W_1) + self.b_1
        u, g = kops.split(hidden, 2, axis=-1)
        return Mean(reshape(h + matmul(u * gelu(g), self.W_2) + self.b_2, kops.shape(x)))

    def _heard(self, rows: Tensor) -> Tensor:
        """What each element hears from the latents."""
        latents = layer_norm(self.l, self.scale_l, self.offset_l, _EPSILON)
        k, v = (matmul_heads(latents, w, self.heads) for w in (self.W_k, self.W_v))
        q = matmul_heads(layer_norm(rows, self.scale_x, self.offset_x, _EPSILON), self.W_q, self.heads)
        scores = kops.einsum("nhd,lhd->nhl", q, k) / math.sqrt(q.shape[-1])
        heard = kops.einsum("nhl,lhd->nhd", softmax(scores), v)
        return matmul(merge_heads(heard), self.W_o)
