"""Class scores of the strongest element and of what resembles it."""

from __future__ import annotations

import math
from typing import Any

from keras import ops as kops

import kpool
from kpool import ops
from kpool.bags import Bags
from kpool.ops import Tensor, matmul
from kpool.parameters import Count
from kpool.reductions import Max, Products, SoftmaxSum, Sum
from kpool.region.lined import lined_up


class DSMILPooling(kpool.Pooling, name="dsmil"):
    """Class scores of the strongest element and of what resembles it, averaged: dual-stream multiple-instance learning.

    y = ½ (max_i (w₀ᵀ x_i) + b₀ + w_bᵀ Σ_i softmax_i(q_iᵀ q_m) W_v x_i + b),  q = W_q x + b_q,  m = argmax_i w₀ᵀ x_i

    Each class has its own w₀, m, weights and w_b. The reference code mixes the classes' averages in one more
    convolution, which is the same for one class. Elements that tie for the strongest share its place. q_iᵀ q_m is
    taken as x_iᵀ u, u = W_qᵀ q_m, so that only q_m is computed: b_qᵀ q_m, common to all scores, cancels in the softmax.

    Args:
        classes: How many scores.
        units: Width of the queries q.
        scaled: Divide q_iᵀ q_m by √units, as the reference code does; the paper does not.

    Shape: (bag, features) -> (classes,), scores and not yet probabilities
    Empty: 0.
    Source: Li, Li & Eliceiri 2021, arXiv:2011.08939, sec. 3.2.
    """

    mergeable = False

    def __init__(self, classes: Count = 1, units: Count = 128, scaled: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.classes = classes
        self.units = units
        self.scaled = scaled

    def output_features(self, features: int) -> int:
        return self.classes

    def make_weights(self, features: int) -> None:
        drawn = {"initializer": "glorot_uniform"}
        self.W_0 = self.add_weight(name="W_0", shape=(features, self.classes), **drawn)
        self.b_0 = self.add_weight(name="b_0", shape=(self.classes,), initializer="zeros")
        self.W_q = self.add_weight(name="W_q", shape=(features, self.units), **drawn)
        self.b_q = self.add_weight(name="b_q", shape=(self.units,), initializer="zeros")
        self.W_v = self.add_weight(name="W_v", shape=(features, features), **drawn)
        self.W_b = self.add_weight(name="W_b", shape=(features, self.classes), **drawn)
        self.b = self.add_weight(name="b", shape=(self.classes,), initializer="zeros")

    def pool(self, bags: Bags) -> Tensor:
        score = matmul(bags.elements, self.W_0)
        strongest = Max(score).over(bags)
        is_m = bags.line_up(score, -float("inf")) >= kops.expand_dims(strongest, bags.axis)
        x = bags.line_up(bags.elements, 0.0)
        lined = lined_up(bags, x)
        u = matmul(self._queries(lined, kops.cast(is_m, x.dtype)), kops.transpose(self.W_q))
        u = u / math.sqrt(self.units) if self.scaled else u
        values = bags.line_up(matmul(bags.elements, matmul(self.W_v, self.W_b)), 0.0)
        average = SoftmaxSum(matmul(x, kops.swapaxes(u, -1, -2)), values).over(lined)
        return (strongest + self.b_0 + average + self.b) / 2

    def _queries(self, lined: Bags, is_m: Tensor) -> Tensor:
        """Each class's q_m, of the mean of those that tie: (batch, *grid, classes, units)."""
        sums = Products(is_m, lined.elements).over(lined)
        ties = kops.expand_dims(Sum(is_m).over(lined), -1)
        return matmul(ops.divide(sums, ties + kops.zeros_like(sums)), self.W_q) + self.b_q
