"""Attention whose query is the mean, among elements that know their positions."""

from __future__ import annotations

import math
from typing import Any, Literal

from keras import ops as kops
from keras.initializers import RandomNormal

import kpool
from kpool.bags import Bags
from kpool.errors import SpecError
from kpool.ops import Tensor, divisible, matmul, matmul_heads, merge_heads, pull_back, resample, split_heads
from kpool.parameters import Count
from kpool.reductions import Mean, SoftmaxSum
from kpool.region.everything import flatten
from kpool.region.lined import Lined, lined_up


class ClipAttentionPooling(kpool.Pooling, name="clip_attention"):
    """Attention whose query is the mean, among elements that know their positions: CLIP's AttentionPool2d.

    y = W_o (Σ softmax(qᵀ W_k z / √d) W_v z + b_v) + b_o over z = x̄ + P₀ and z_i = x_i + P_i,  q = W_q (x̄ + P₀) + b_q

    P holds the mean's position in its first row, then those of a grid, row by row. They are resampled to the input's
    own grid: its positions along an axis, without those at which nothing counts, so that padding moves none. A grid
    that shrinks is smoothed, as by jax.image.resize, or by PyTorch with antialias=True. The keys have no bias: what is
    added to every score alike changes no softmax. A weight only says whether an element counts. The weights that
    `return_weights` gives are those of the elements among themselves.

    Args:
        grid: Positions of P along each axis: one number for all, or a list. 7 for a ResNet at 224 pixels.
        heads: Parts of the features that attend by themselves; the features must divide by their number. CLIP has
            one for every 64 features.
        units: Width of the answer; that of the input if none is given.
        resample: How P is resampled; "bicubic" has the kernel with a = −1/2.
        initial: "mean" starts with P = 0, W_q = 0 and W_v = W_o = 1, the plain average; "random" draws them.

    Shape: (bag, features) -> (units,)
    Empty: 0.
    Raises: SpecError if the features do not divide by the heads, the grid has other axes than the input, or for
        units with initial="mean".
    Source: Radford et al. 2021 (CLIP), arXiv:2103.00020, sec. 2.4 and its code.
    """

    permutation_invariant = False
    mergeable = False
    deep = True
    weights_repeat = False
    only_over = ("everything",)

    def __init__(
        self,
        grid: Count | list[Count] = 7,
        heads: Count = 8,
        units: Count | None = None,
        resample: Literal["bicubic", "bilinear"] = "bicubic",
        initial: Literal["random", "mean"] = "random",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.grid = grid
        self.heads = heads
        self.units = units
        self.resample = resample
        self.initial = initial
        if units and initial == "mean":
            raise SpecError(f"clip_attention: initial=mean keeps the width; leave out units={units}")

    def output_features(self, features: int) -> int:
        return self.units or features

    def make_weights(self, features: int) -> None:
        divisible(features, self.heads, self.strategy_name)
        self.lengths = (self.grid,) * self.position_axes if isinstance(self.grid, int) else tuple(self.grid)
        if len(self.lengths) != self.position_axes:
            raise SpecError(f"clip_attention: grid={self.grid} for an input with {self.position_axes} position axes")

        def matrix(name: str, rows: int, columns: int, mean: str) -> Any:
            initializer = mean if self.initial == "mean" else RandomNormal(stddev=features**-0.5)
            return self.add_weight(name=name, shape=(rows, columns), initializer=initializer)

        width = self.output_features(features)
        self.P = matrix("P", 1 + math.prod(self.lengths), features, "zeros")
        self.W_q = matrix("W_q", features, features, "zeros")
        self.b_q = self.add_weight(name="b_q", shape=(features,), initializer="zeros")
        self.W_k = matrix("W_k", features, features, "glorot_uniform")
        self.W_v = matrix("W_v", features, features, "identity")
        self.b_v = self.add_weight(name="b_v", shape=(features,), initializer="zeros")
        self.W_o = matrix("W_o", features, width, "identity")
        self.b_o = self.add_weight(name="b_o", shape=(width,), initializer="zeros")

    def pool(self, bags: Bags) -> Tensor:
        lined = lined_up(bags, bags.elements)
        lined.weights = None
        z = lined.elements + self._places(bags)
        token = Lined(kops.expand_dims(Mean(lined.elements).over(lined) + self.P[0], 1))
        u = pull_back(split_heads(matmul(token.elements[:, 0], self.W_q) + self.b_q, self.heads), self.W_k)
        alone, others = (
            SoftmaxSum(kops.expand_dims(matmul(each, u), -1), matmul_heads(each, self.W_v, self.heads))
            for each in (token.elements, z)
        )
        pooled = others.value(others.merge(alone.state(token), others.state(lined)))
        return matmul(merge_heads(pooled) + self.b_v, self.W_o) + self.b_o

    def _places(self, bags: Bags) -> Tensor:
        """P for each element: (batch or 1, steps, features)."""
        places = kops.reshape(self.P[1:, :], (1, *self.lengths, self.P.shape[-1]))
        for axis in range(1, self.position_axes + 1):
            places = resample(places, self._occupied(bags, axis), self.resample)
        return flatten(places, self.position_axes)

    def _occupied(self, bags: Bags, axis: int) -> Tensor:
        """1 where something counts at a position of the axis, otherwise 0: (batch or 1, positions)."""
        if bags.field_counted is None:
            return kops.ones((1, kops.shape(bags.field)[axis]), dtype=bags.elements.dtype)
        others = tuple(other for other in range(1, self.position_axes + 1) if other != axis)
        counted = kops.any(bags.field_counted, axis=others) if others else bags.field_counted
        return kops.cast(counted, bags.elements.dtype)
