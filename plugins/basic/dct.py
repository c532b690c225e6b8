"""The first cosine coefficients."""

from __future__ import annotations

import math
from typing import Any

from keras import ops as kops

import kpool
from kpool import ops
from kpool.bags import Bags
from kpool.ops import Tensor
from kpool.ops.sums import sum_steps
from kpool.parameters import Count


class DCTPooling(kpool.Pooling, name="dct"):
    """The first cosine coefficients of each feature: the mean times √n, then ever faster changes along the bag.

    c_0 = Σ x_t / √n,  c_j = √(2/n) Σ x_t cos(π (t + ½) j / n),  t = 0 … n − 1 the place among the counted, 0 < j < k

    Where j ≥ n, c_j is 0, as the paper pads with zeros. A weight only says whether an element counts.

    Args:
        k: How many coefficients.

    Shape: (bag, features) -> (k · features,), coefficient by coefficient
    Empty: 0.
    Source: Almarwani, Aldarmaki & Diab 2019, arXiv:1909.03104, sec. 2 (DCT-II, orthonormal).
    """

    permutation_invariant = False
    mergeable = False
    weights_repeat = False

    def __init__(self, k: Count = 4, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.k = k

    def output_features(self, features: int) -> int:
        return self.k * features

    def pool(self, bags: Bags) -> Tensor:
        x, n = bags.line_up(bags.elements, 0.0), bags.size
        total = sum_steps(x, bags.axis)
        mean = ops.divide(total, n)
        # A cosine sums to 0, so the mean adds nothing; left in, it adds to what is rounded on the way
        apart = ops.where_expanded(bags.present, x - kops.expand_dims(mean, bags.axis), 0.0)
        t = kops.expand_dims(kops.cumsum(kops.cast(bags.present, "int32"), axis=-1) - 1, -1)
        coefficients = [ops.divide(total, ops.sqrt(n))]
        for j in range(1, self.k):
            c = sum_steps(apart * self._cosine(j, t, kops.expand_dims(n, bags.axis)), bags.axis)
            c = ops.divide(c, ops.sqrt(n / 2))
            coefficients.append(kops.where(n > j, c, kops.zeros_like(c)))
        return kops.concatenate(coefficients, axis=-1)

    def _cosine(self, j: int, t: Tensor, n: Tensor) -> Tensor:
        """cos(π (t + ½) j / n) as sin(π/2 · quarter), in [−1, 1]: of a large angle float32 keeps little.

        Whole turns, of 4 n, are taken out in whole numbers; where the sine is steep, the quarter is small and exact.
        """
        n_whole = kops.maximum(kops.cast(n, "int32"), 1)
        turned = (2 * t + 1) * j % (4 * n_whole)
        quarter = n_whole - kops.minimum(turned, 4 * n_whole - turned)  # cos(2π − a) = cos(a) = sin(π/2 − a)
        return kops.sin(kops.cast(quarter, n.dtype) / kops.cast(n_whole, n.dtype) * (math.pi / 2))
