"""Several averages with weights from one small network, kept apart by a penalty."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from annotated_types import Ge
from keras import ops as kops

import kpool
from kpool.bags import Bags
from kpool.ops import Tensor, divide, matmul, merge_heads
from kpool.parameters import Count
from kpool.reductions import SoftmaxSum


class MultiHopPooling(kpool.Pooling, name="multi_hop"):
    """Several averages with weights from one small network, kept apart by a penalty: structured self-attention.

    y_r = Σ a_r x,  a_r = softmax(w_rᵀ tanh(W x));  in training the loss grows by penalty · ‖A Aᵀ − 1‖²_F

    A has a row for each hop and a column for each element. The loss takes the mean over the bags that hold something.

    Args:
        hops: How many w_r; each gives an average of all features, side by side. The paper has 30.
        units: Width of the network. The paper has 350.
        penalty: Its coefficient; 0 leaves it out.
        initial: "mean" starts with w_r = 0, plain averages; "random" draws them.

    Shape: (bag, features) -> (hops · features,)
    Empty: 0.
    Source: Lin et al. 2017, arXiv:1703.03130, eq. 6-8.
    """

    mergeable = False

    def __init__(
        self,
        hops: Count = 4,
        units: Count = 128,
        penalty: Annotated[float, Ge(0)] = 1.0,
        initial: Literal["random", "mean"] = "random",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.hops = hops
        self.units = units
        self.penalty = penalty
        self.initial = initial

    def output_features(self, features: int) -> int:
        return self.hops * features

    def make_weights(self, features: int) -> None:
        drawn = "zeros" if self.initial == "mean" else "glorot_uniform"
        self.W = self.add_weight(name="W", shape=(features, self.units), initializer="glorot_uniform")
        self.w = self.add_weight(name="w", shape=(self.units, self.hops), initializer=drawn)

    def pool(self, bags: Bags) -> Tensor:
        x = bags.elements
        scores = kops.expand_dims(matmul(kops.tanh(matmul(x, self.W)), self.w), -1)
        attention = SoftmaxSum(scores, kops.expand_dims(x, -2))
        if bags.training and self.penalty:
            self.add_loss(self.penalty * self._overlap(attention, bags))
        return merge_heads(attention.over(bags))

    def _overlap(self, attention: SoftmaxSum, bags: Bags) -> Tensor:
        """‖A Aᵀ − 1‖²_F, the mean over the bags that hold something."""
        shares = attention.weights(bags)
        shares = shares if self.hops > 1 else kops.expand_dims(shares, -1)
        # An element of weight w is w columns of A, each with its part of the share
        columns = divide(shares, bags.lined_weights)
        gram = matmul(kops.swapaxes(shares, -1, -2), columns)
        apart = kops.sum(kops.square(gram - kops.eye(self.hops, dtype=gram.dtype)), axis=(-2, -1))
        holds = kops.cast(bags.size[..., 0] > 0, apart.dtype)
        return divide(kops.sum(apart * holds), kops.sum(holds))
