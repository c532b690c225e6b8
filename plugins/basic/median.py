"""The middle value of each feature."""

from __future__ import annotations

from typing import Any, Literal

from keras import ops as kops

import kpool
from kpool import ops
from kpool.bags import Bags
from kpool.ops import Tensor


class MedianPooling(kpool.Pooling, name="median"):
    """The middle value of each feature: half of the elements may be anything, and it stays where the others are.

    y = x_((n+1)/2), or between x_(n/2) and x_(n/2+1) where n is even,  x_(1) ≤ x_(2) ≤ …

    A weight only says whether an element counts.

    Args:
        interpolation: What it is between the two: "midpoint", their mean; "lower", as in PyTorch and PyTorch Geometric;
            "higher".

    Shape: (bag, features) -> (features,)
    Empty: 0.
    """

    mergeable = False
    weights_repeat = False

    def __init__(self, interpolation: Literal["midpoint", "lower", "higher"] = "midpoint", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.interpolation = interpolation

    def pool(self, bags: Bags) -> Tensor:
        falling, n = bags.sorted(bags.elements), kops.expand_dims(bags.size, bags.axis)
        place = ops.reshape(kops.arange(kops.shape(falling)[bags.axis], dtype=n.dtype), (-1, 1))
        below = (1 - n) + 2 * place  # by how many half places: 0 in the middle, or −1 and 1 beside it
        low, high = {"midpoint": (-1, 1), "lower": (0, 1), "higher": (-1, 0)}[self.interpolation]
        chosen = kops.logical_and(kops.logical_and(below >= low, below <= high), n > place)
        middle = kops.sum(ops.where_expanded(chosen, falling, 0.0), axis=bags.axis)
        return ops.divide(middle, kops.sum(kops.cast(chosen, n.dtype), axis=bags.axis))
