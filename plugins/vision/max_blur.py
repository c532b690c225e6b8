"""A dense maximum, blurred before it is strided."""

from __future__ import annotations

from typing import Any

from keras import ops as kops

import kpool
from kpool import ops
from kpool.bags import Bags
from kpool.ops import Tensor
from kpool.parameters import Count, RegionSpec
from kpool.reductions import Max
from kpool.region.window import Window


class MaxBlurPooling(kpool.Pooling, name="max_blur"):
    """Max pooling with its stride behind a low-pass filter: the maximum at every position, blurred over the window.

    y = Σ_j b_j m_j / Σ_j b_j,  m_j = max of the `size` positions about j, b = ⊗ of C(n − 1, i) along every axis

    An even `size` looks one position further ahead than back. Only positions that count have a maximum, and what does
    not count enters none; the paper reflects the input at its borders instead. A weight only says whether an element
    counts.

    Args:
        size: Positions along every axis that a maximum is taken of.
        over: The windows of the blur; the strides are theirs.

    Shape: (batch, *positions, features) -> (batch, *grid, features)
    Empty: 0.
    Source: Zhang 2019, arXiv:1904.11486, sec. 3.2 (MaxBlurPool).
    """

    permutation_invariant = False
    mergeable = False
    only_over = ("window",)
    weights_repeat = False

    def __init__(self, size: Count = 2, over: RegionSpec = "window(3, strides=2, padding=same)", **kwargs: Any) -> None:
        super().__init__(over=over, **kwargs)
        self.dense = Window(size, strides=1, padding="same")

    def pool(self, bags: Bags) -> Tensor:
        m = Max(bags.elements).over(self.dense.bags(bags.elements, bags.counted, None))
        b = ops.binomial([axis.size for axis in self.region.axes(self.position_axes)])
        return bags.mean_places(m, kops.convert_to_tensor(b, bags.elements.dtype))
