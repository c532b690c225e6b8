"""A learned token that attends to itself and the elements."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Annotated, Any

from annotated_types import Gt
from keras import ops as kops
from keras.initializers import Constant, TruncatedNormal

import kpool
from kpool.bags import Bags
from kpool.ops import Tensor, divisible, gelu, layer_norm, matmul, matmul_heads, merge_heads, pull_back, split_heads
from kpool.parameters import Count
from kpool.reductions import SoftmaxSum
from kpool.region.lined import Lined, lined_up


class ClsAttentionPooling(kpool.Pooling, name="cls_attention"):
    """A learned token that attends to itself and the elements, block after block: class attention.

    y = c_B,  c_{i+1} = c' + λ' ⊙ (W₂ gelu(W₁ LN(c') + b₁) + b₂),  c' = c_i + λ ⊙ (W_o Σ softmax(qᵀ W_k z / √d)
    (W_v z + b_v) + b_o),  z = LN([c_i; x]),  q = W_q LN(c_i) + b_q

    Only the token asks: linear in the steps. The keys have no bias: what is added to every score alike changes no
    softmax. CaiT puts its model's last normalisation behind, as `cls_attention | layer_norm` does. The weights that
    `return_weights` gives are the last block's, of the elements among themselves.

    Args:
        blocks: How many; CaiT has 2.
        heads: Parts of the features that attend by themselves; the features must divide by their number.
        mlp_ratio: Width of the MLP, in features.
        layer_scale: What λ and λ' start with.

    Shape: (bag, features) -> (features,)
    Empty: 0.
    Raises: SpecError if the features do not divide by the heads.
    Source: Touvron et al. 2021 (CaiT), arXiv:2103.17239, eq. 3-8.
    """

    mergeable = False
    deep = True

    def __init__(
        self,
        blocks: Count = 2,
        heads: Count = 8,
        mlp_ratio: Annotated[float, Gt(0)] = 4.0,
        layer_scale: Annotated[float, Gt(0)] = 1e-4,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.blocks = blocks
        self.heads = heads
        self.mlp_ratio = mlp_ratio
        self.layer_scale = layer_scale

    def make_weights(self, features: int) -> None:
        divisible(features, self.heads, self.strategy_name)
        self.c = self.add_weight(name="c", shape=(features,), initializer=TruncatedNormal(stddev=0.02))
        for block in range(self.blocks):
            for name, (shape, initializer) in self._weights(features, int(features * self.mlp_ratio)).items():
                weight = self.add_weight(name=f"{name}_{block}", shape=shape, initializer=initializer)
                setattr(self, f"{name}_{block}", weight)

    def _weights(self, features: int, width: int) -> dict[str, tuple[tuple[int, ...], Any]]:
        """The shape and the initializer of a block's weights."""
        matrices = dict.fromkeys(("W_q", "W_k", "W_v", "W_o"), ((features, features), "glorot_uniform"))
        vectors = dict.fromkeys(("b_q", "b_v", "b_o", "b_2", "offset_z", "offset_c"), ((features,), "zeros"))
        return {
            **matrices,
            **vectors,
            "scale_z": ((features,), "ones"),
            "scale_c": ((features,), "ones"),
            "W_1": ((features, width), "glorot_uniform"),
            "b_1": ((width,), "zeros"),
            "W_2": ((width, features), "glorot_uniform"),
            "gain_a": ((features,), Constant(self.layer_scale)),
            "gain_m": ((features,), Constant(self.layer_scale)),
        }

    def pool(self, bags: Bags) -> Tensor:
        lined = lined_up(bags, bags.line_up(bags.elements, 0.0))
        c = self.c + kops.zeros_like(lined.size)
        for block in range(self.blocks):
            w = SimpleNamespace(**{name: getattr(self, f"{name}_{block}") for name in self._weights(1, 1)})
            c = c + w.gain_a * self._heard(w, c, lined)
            c = c + w.gain_m * self._mlp(w, c)
        return c

    def _heard(self, w: SimpleNamespace, c: Tensor, lined: Lined) -> Tensor:
        token = Lined(kops.expand_dims(c, -2))
        z, z_token = (layer_norm(bags.elements, w.scale_z, w.offset_z) for bags in (lined, token))
        u = pull_back(split_heads(matmul(z_token[..., 0, :], w.W_q) + w.b_q, self.heads), w.W_k)
        alone, others = (
            SoftmaxSum(kops.expand_dims(matmul(each, u), -1), matmul_heads(each, w.W_v, self.heads))
            for each in (z_token, z)
        )
        heard = others.value(others.merge(alone.state(token), others.state(lined)))
        return matmul(merge_heads(heard) + w.b_v, w.W_o) + w.b_o

    def _mlp(self, w: SimpleNamespace, c: Tensor) -> Tensor:
        hidden = matmul(layer_norm(c, w.scale_c, w.offset_c), w.W_1) + w.b_1
        return matmul(gelu(hidden), w.W_2) + w.b_2
