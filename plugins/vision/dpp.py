"""Average that favours values far from their mean."""

from __future__ import annotations

from typing import Any, Literal

from keras import ops as kops

import kpool
from kpool import ops
from kpool.bags import Bags
from kpool.constraints import Within
from kpool.ops import Tensor
from kpool.reductions import Mean

_EPSILON_SQUARED = 1e-3


class DPPPooling(kpool.Pooling, name="dpp"):
    """Detail-preserving pooling: an average in which a value weighs the more, the further it lies from the mean.

    y = Σ w x / Σ w,  w = α + (d² + ε²)^(λ/2),  ε² = 10⁻³;  d = x − μ, or max(x − μ, 0) if asymmetric

    α = e^a and λ = e^l, a and l learned for each feature from 0 on and kept in [−10, 10] and [−3, 3]. μ is the bag's
    mean (Lite-DPP); a learned filter for it, as in Full-DPP, is not here. As α grows, y becomes the mean.

    Args:
        detail: "symmetric" keeps what differs; "asymmetric" what is greater.

    Shape: (bag, features) -> (features,)
    Empty: 0.
    Source: Saeedan et al. 2018, arXiv:1804.04076, sec. 3; ε² as in the authors' code.
    """

    mergeable = False

    def __init__(self, detail: Literal["symmetric", "asymmetric"] = "symmetric", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.detail = detail

    def make_weights(self, features: int) -> None:
        self.a = self.add_weight(name="a", shape=(features,), initializer="zeros", constraint=Within(-10, 10))
        self.l = self.add_weight(name="l", shape=(features,), initializer="zeros", constraint=Within(-3, 3))

    def pool(self, bags: Bags) -> Tensor:
        x, μ, half_λ = bags.elements, Mean(bags.elements).over(bags), kops.exp(self.l) / 2
        greatest = self._greatest(bags, μ)
        # w over the weight at the greatest distance, which cancels: share + (1 − share) ratio^(λ/2), with no overflow
        share = kops.sigmoid(self.a - half_λ * kops.log(greatest))

        def w(x: Tensor, μ: Tensor, greatest: Tensor, share: Tensor) -> Tensor:
            ratio = self._distance(x - μ) / greatest
            # what does not count may lie further off, and its power be ∞; the greatest may be 1 and an ulp, and counts
            ratio = kops.where(ratio > 2, 1.0, ratio)
            return share + (1 - share) * kops.power(ratio, half_λ)

        given = [μ, greatest, share]
        return ops.divide(bags.sum(x, of=lambda x, *g: w(x, *g) * x, given=given), bags.sum(x, of=w, given=given))

    def _greatest(self, bags: Bags, μ: Tensor) -> Tensor:
        """The greatest d² + ε² in each bag."""
        above = ops.finite_or_zero(bags.max(bags.elements)) - μ
        below = μ + ops.finite_or_zero(bags.max(-bags.elements))
        return kops.stop_gradient(kops.maximum(self._distance(above), self._distance(-below)))

    def _distance(self, d: Tensor) -> Tensor:
        """d² + ε²"""
        d = d if self.detail == "symmetric" else kops.maximum(d, 0)
        return d * d + _EPSILON_SQUARED
