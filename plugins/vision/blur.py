"""Blur: an average weighted as a binomial low-pass filter."""

from __future__ import annotations

from typing import Any

from keras import ops as kops

import kpool
from kpool import ops
from kpool.bags import Bags
from kpool.ops import Tensor
from kpool.parameters import RegionSpec


class BlurPooling(kpool.Pooling, name="blur"):
    """Average weighted by a binomial kernel of the window's own size: a low-pass filter before every strided step.

    y = Σ_j b_j x_j / Σ_j b_j,  b = ⊗ of C(n − 1, i) along every axis of n positions

    The weights of what does not count, and of what lies outside the input, are shared out among the others; the paper
    reflects the input at its borders instead. A weight only says whether an element counts.

    Args:
        over: The windows. A size of 3 is [1 2 1] / 4 (timm's), of 4 [1 3 3 1] / 8 (the authors').

    Shape: (batch, *positions, features) -> (batch, *grid, features)
    Empty: 0.
    Source: Zhang 2019, arXiv:1904.11486, sec. 3.2.
    """

    permutation_invariant = False
    mergeable = False
    only_over = ("window",)
    weights_repeat = False

    def __init__(self, over: RegionSpec = "window(3, strides=2, padding=same)", **kwargs: Any) -> None:
        super().__init__(over=over, **kwargs)

    def pool(self, bags: Bags) -> Tensor:
        b = ops.binomial([axis.size for axis in self.region.axes(self.position_axes)])
        return bags.mean_places(bags.elements, kops.convert_to_tensor(b, bags.elements.dtype))
