"""The middle value of each feature."""

from __future__ import annotations

from typing import Any, Literal

from keras import ops as kops

import kpool
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
        size = kops.cast(bags.size, "int32")
        ((low, above),) = bags.neighbours(bags.elements, kops.maximum(size - 1, 0) // 2)
        high = kops.where(kops.equal(size % 2, 0), above, low)
        return {"lower": low, "higher": high, "midpoint": (low + high) / 2}[self.interpolation]
