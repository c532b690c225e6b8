"""Mean and standard deviation with weights from a small network."""

from __future__ import annotations

from typing import Any, Literal

import keras
from keras import ops as kops

import kpool
from kpool import ops
from kpool.ops import Tensor, matmul
from kpool.parameters import Count
from kpool.reductions import WeightedMoments, WeightedMomentsValue


class AttentiveStatsPooling(kpool.Pooling, name="attentive_stats"):
    """Mean and standard deviation with weights from a small network; in two passes, exact where E[x²] − E[x]² cancels.

    y = [μ; √(Σ α (x − μ)²)],  μ = Σ α x,  α = softmax(vᵀ f(W x + b))

    The paper's k, added to each score, cancels in the softmax and is left out.

    Args:
        units: Width of the network, the length of v.
        activation: f; the paper leaves the choice.
        use_bias: Whether there is a b.
        initial: "mean" starts with v = 0, as plain statistics; "random" draws it.

    Shape: (bag, features) -> (2 · features,)
    Empty: 0.
    Source: Okabe et al. 2018, arXiv:1803.10963, sec. 3; its deviation is the same number, written Σ α x² − μ².
    """

    def __init__(
        self,
        units: Count = 128,
        activation: Literal["tanh", "relu"] = "tanh",
        use_bias: bool = True,
        initial: Literal["random", "mean"] = "random",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.units = units
        self.f = keras.activations.get(activation)
        self.use_bias = use_bias
        self.initial = initial

    def output_features(self, features: int) -> int:
        return 2 * features

    def make_weights(self, features: int) -> None:
        drawn = "zeros" if self.initial == "mean" else "glorot_uniform"
        self.W = self.add_weight(name="W", shape=(features, self.units), initializer="glorot_uniform")
        self.b = self.add_weight(name="b", shape=(self.units,), initializer="zeros") if self.use_bias else 0.0
        self.v = self.add_weight(name="v", shape=(self.units, 1), initializer=drawn)

    def lift(self, x: Tensor) -> WeightedMoments:
        return WeightedMoments(matmul(self.f(matmul(x, self.W) + self.b), self.v), x)

    def lower(self, moments: WeightedMomentsValue) -> Tensor:
        return kops.concatenate([moments.mean, ops.sqrt(moments.variance)], axis=-1)
