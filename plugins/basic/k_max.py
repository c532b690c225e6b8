"""The k largest values of each feature, in order of place."""

from __future__ import annotations

from typing import Any

from keras import ops as kops

import kpool
from kpool import ops
from kpool.bags import Bags
from kpool.ops import Tensor
from kpool.parameters import Count
from kpool.reductions import Reduction, State


class KMax(Reduction):
    """The k largest of each feature in order of place, (batch, *grid, k, features), with 0 behind the last."""

    def __init__(self, values: Tensor, k: int) -> None:
        self.values = values
        self.k = k

    def state(self, bags: Bags) -> State:
        return {"size": bags.size, "kept": self._kept(bags.line_up(self.values, -float("inf")), bags.size)}

    def merge(self, a: State, b: State) -> State:
        size = a["size"] + b["size"]
        both = [kops.where(self._held(s["size"]), s["kept"], -float("inf")) for s in (a, b)]
        return {"size": size, "kept": self._kept(kops.concatenate(both, axis=-2), size)}

    def value(self, state: State) -> Tensor:
        return state["kept"]

    def _held(self, size: Tensor) -> Tensor:
        """Which of the k places are filled: bool (batch, *grid, k, 1)."""
        return kops.expand_dims(size > kops.arange(self.k, dtype=size.dtype), -1)

    def _kept(self, lined: Tensor, size: Tensor) -> Tensor:
        """Of (batch, *grid, size, features), −∞ where nothing counts."""
        held = kops.swapaxes(self._held(size), -1, -2)
        behind = [[0, 0]] * (len(lined.shape) - 1) + [[0, self.k]]
        row = kops.pad(kops.swapaxes(lined, -1, -2), behind, constant_values=-float("inf"))
        _, places = kops.top_k(row, self.k)
        places = kops.sort(kops.where(held, places, kops.shape(row)[-1]), axis=-1)
        kept = kops.take_along_axis(row, kops.where(held, places, 0), axis=-1)
        kept = kops.where(kops.any(kops.isnan(row), axis=-1, keepdims=True), float("nan"), kept)  # top_k loses it
        return kops.swapaxes(kops.where(held, kept, 0.0), -1, -2)


class KMaxPooling(kpool.Pooling, name="k_max"):
    """The k largest values of each feature, in order of place: the max at k = 1, the whole bag once k reaches its size.

    y = [x_t1; …; x_tk],  t1 < … < tk the places of the k largest; of equal values the first are taken

    Behind a bag of n < k elements stand k − n zeros. A weight only says whether an element counts.

    Args:
        k: How many; the paper's dynamic k, which falls from layer to layer, is one number for each of them.

    Shape: (bag, features) -> (k · features,), place by place
    Empty: 0.
    Source: Kalchbrenner, Grefenstette & Blunsom 2014, arXiv:1404.2188, sec. 3.2.
    """

    permutation_invariant = False
    weights_repeat = False

    def __init__(self, k: Count = 3, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.k = k

    def output_features(self, features: int) -> int:
        return self.k * features

    def lift(self, x: Tensor) -> KMax:
        return KMax(x, self.k)

    def lower(self, kept: Tensor) -> Tensor:
        return ops.merge_heads(kept)
