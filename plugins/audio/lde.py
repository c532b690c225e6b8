"""Residuals to a learned dictionary, averaged."""

from __future__ import annotations

from typing import Any, Literal

from keras import ops as kops
from keras.constraints import NonNeg
from keras.initializers import RandomNormal

import kpool
from kpool import ops
from kpool.ops import Tensor, matmul, merge_heads
from kpool.parameters import Count
from kpool.reductions import Count as Number
from kpool.reductions import Products, Sum


class LDEPooling(kpool.Pooling, name="lde"):
    """Residuals to a learned dictionary, averaged: learnable dictionary encoding.

    y_c = Σ_t w_tc (x_t − μ_c) / n,  w_tc = softmax over c of −s_c ‖x_t − μ_c‖² / features

    The nearest component weighs most: a widely copied implementation has the sign wrong. Squared distances are taken
    as −2 xᵀμ + ‖μ‖² + ‖x‖², without a tensor of steps × components × features. What all components share, of each
    feature the μ nearest 0 if all lie on one side of it, is taken out of x and μ before; and the common s̄ ‖x‖² is
    never added: it cancels in the softmax, and would take the others' digits along.

    Args:
        components: Of the dictionary.
        average: Divide by "steps", n, as the paper does, or by each component's own "weights", Σ_t w_tc.
        mean_distance: Divide ‖·‖² by the features, which the paper does not: the weights of wide inputs would be 0 or 1
            from the start, and float32 would keep few of their digits.

    Shape: (bag, features) -> (components · features,)
    Empty: 0.
    Source: Cai, Chen & Li 2018, arXiv:1804.05160, sec. 3.2 (LDE layer).
    """

    def __init__(
        self,
        components: Count = 64,
        average: Literal["steps", "weights"] = "steps",
        mean_distance: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.components = components
        self.average = average
        self.mean_distance = mean_distance

    @property
    def deep(self) -> bool:
        """Distances that the features do not divide are large, and so is their rounding, which e is raised to."""
        return not self.mean_distance

    def output_features(self, features: int) -> int:
        return self.components * features

    def make_weights(self, features: int) -> None:
        drawn = RandomNormal(stddev=1.0)
        self.μ = self.add_weight(name="mu", shape=(self.components, features), initializer=drawn)
        self.s = self.add_weight(name="s", shape=(self.components,), initializer="ones", constraint=NonNeg())

    def lift(self, x: Tensor) -> tuple[Products, Sum, Number]:
        x, μ = x - self._common, self.μ - self._common
        uncommon = self.s - kops.mean(self.s)
        far = uncommon * kops.sum(x * x, axis=-1, keepdims=True) + self.s * kops.sum(μ * μ, axis=-1)
        scores = 2 * matmul(x, kops.transpose(self.s[:, None] * μ)) - far
        scores = scores / x.shape[-1] if self.mean_distance else scores
        w = ops.softmax(scores)
        return Products(w, x), Sum(w), Number()

    def lower(self, sums: Tensor, weights: Tensor, n: Tensor) -> Tensor:
        weights = kops.expand_dims(weights, -1)
        residuals = sums - weights * (self.μ - self._common)
        over = weights if self.average == "weights" else kops.expand_dims(n, -1)
        return merge_heads(ops.divide(residuals, over + kops.zeros_like(residuals)))

    @property
    def _common(self) -> Tensor:
        """Of each feature the μ nearest 0, and 0 if they lie on both sides: no |μ| grows without it."""
        lowest, highest = kops.min(self.μ, axis=0), kops.max(self.μ, axis=0)
        return kops.stop_gradient(kops.maximum(lowest, 0) + kops.minimum(highest, 0))
