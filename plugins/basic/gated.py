"""Max and mean, in shares that each window decides."""

from __future__ import annotations

import math
from typing import Any

from keras import ops as kops

import kpool
from kpool.bags import Bags
from kpool.ops import Tensor
from kpool.parameters import RegionSpec
from kpool.reductions import Max, Mean


class GatedPooling(kpool.Pooling, name="gated"):
    """Max and mean, in shares that each window decides, feature by feature; half and half at first.

    y = a max x + (1 − a) Σ x / n,  a = σ(ωᵀx)

    ω has a weight for each place of a window; a place that does not count adds nothing to ωᵀx. There, a weight of the
    input only says whether an element counts.

    Args:
        per_channel: An ω a feature; otherwise one for all.

    Shape: (window, features) -> (features,)
    Empty: 0.
    Source: Lee et al. 2016, arXiv:1509.08985, sec. 3.1.
    """

    permutation_invariant = False
    mergeable = False
    weights_repeat = False
    only_over = ("window",)

    def __init__(self, per_channel: bool = False, over: RegionSpec = "window(2)", **kwargs: Any) -> None:
        super().__init__(over=over, **kwargs)
        self.per_channel = per_channel

    def make_weights(self, features: int) -> None:
        places = math.prod(axis.size for axis in self.region.axes(self.position_axes))
        shape = (places, features if self.per_channel else 1)
        self.ω = self.add_weight(name="omega", shape=shape, initializer="zeros")

    def pool(self, bags: Bags) -> Tensor:
        a = kops.sigmoid(bags.sum_places(bags.elements, self.ω))
        return a * Max(bags.elements).over(bags) + (1 - a) * Mean(bags.elements).over(bags)
