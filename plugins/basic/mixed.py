"""Max and mean, in learned shares."""

from __future__ import annotations

from typing import Any

from keras import ops as kops

import kpool
from kpool.ops import Tensor
from kpool.reductions import Max, Mean


class MixedPooling(kpool.Pooling, name="mixed"):
    """Max and mean, in learned shares; half and half at first.

    y = a max x + (1 − a) Σ x / n,  a = σ(w)

    The sigmoid keeps a within (0, 1); in the paper, and copies of it, nothing does.

    Args:
        per_channel: One share a feature; otherwise one for all.

    Shape: (bag, features) -> (features,)
    Empty: 0.
    Source: Lee et al. 2016, arXiv:1509.08985, sec. 3.1.
    """

    def __init__(self, per_channel: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.per_channel = per_channel

    def make_weights(self, features: int) -> None:
        self.w = self.add_weight(name="w", shape=(features,) if self.per_channel else (), initializer="zeros")

    def lift(self, x: Tensor) -> tuple[Max, Mean]:
        return Max(x), Mean(x)

    def lower(self, max: Tensor, mean: Tensor) -> Tensor:
        a = kops.sigmoid(self.w)
        return a * max + (1 - a) * mean
