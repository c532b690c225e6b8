"""Residuals to learned centroids, beside clusters that take what is of no use."""

from __future__ import annotations

import math
from typing import Any

from keras import ops as kops
from keras.initializers import RandomNormal

import kpool
from kpool import ops
from kpool.ops import Tensor
from kpool.parameters import Count
from kpool.reductions import Products, Sum


class GhostVLADPooling(kpool.Pooling, name="ghostvlad"):
    """NetVLAD with ghost clusters: what is assigned to them, such as blur, counts less, and they are dropped.

    y = V / ‖V‖₂,  V_k = U_k / ‖U_k‖₂,  U_k = Σ a_k (x − c_k) for k ≤ K,  a = softmax(wᵀ x + b) over K + G clusters

    Args:
        clusters: K, the centroids that are kept.
        ghosts: G, the clusters that are dropped.

    Shape: (bag, features) -> (clusters · features,), centroid by centroid
    Empty: 0.
    Source: Zhong et al. 2018, arXiv:1810.09951, sec. 2; without the dense layer behind it.
    """

    def __init__(self, clusters: Count = 8, ghosts: Count = 1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.clusters = clusters
        self.ghosts = ghosts

    def output_features(self, features: int) -> int:
        return self.clusters * features

    def make_weights(self, features: int) -> None:
        clusters = self.clusters + self.ghosts
        self.w = self.add_weight(name="w", shape=(features, clusters), initializer="glorot_uniform")
        self.b = self.add_weight(name="b", shape=(clusters,), initializer="zeros")
        drawn = RandomNormal(stddev=1 / math.sqrt(features))
        self.c = self.add_weight(name="c", shape=(self.clusters, features), initializer=drawn)

    def lift(self, x: Tensor) -> tuple[Products, Sum]:
        a = ops.softmax(ops.matmul_in_parts(x, self.w) + self.b)[..., : self.clusters]
        return Products(a, x), Sum(a)

    def lower(self, products: Tensor, assigned: Tensor) -> Tensor:
        residuals = products - self.c * kops.expand_dims(assigned, -1)
        return ops.unit(ops.merge_heads(ops.unit(residuals)))
