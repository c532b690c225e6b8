"""What can be asked of the order of each bag's elements. A weight only says whether an element counts."""

from __future__ import annotations

from abc import ABC, abstractmethod

from keras import ops as kops

from kpool import ops
from kpool.ops import Tensor
from kpool.ops.sums import sum_steps


class Ranked(ABC):
    """Bags whose elements can be put in order, feature by feature."""

    size: Tensor

    @property
    @abstractmethod
    def axis(self) -> int:
        """Where `line_up` puts the bag's own axis: 1 + the number of grid axes."""

    @abstractmethod
    def line_up(self, tensor: Tensor, fill: float) -> Tensor:
        """Each bag's elements on an axis of their own, in order, `fill` where not counted: (batch, *grid, size, …)."""

    def largest(self, tensor: Tensor, k: int) -> Tensor:
        """Each bag's k largest, in falling order: (batch, *grid, k, …); −∞ past the bag's end, NaN if one is NaN."""
        return ops.largest(self.line_up(tensor, -float("inf")), k, self.axis)

    def sorted(self, tensor: Tensor) -> Tensor:
        """Each bag's elements in falling order: (batch, *grid, size, …); −∞ past the bag's end, NaN if one is NaN."""
        lined = self.line_up(tensor, -float("inf"))
        falling = kops.flip(kops.sort(lined, axis=self.axis), axis=self.axis)
        return kops.where(kops.any(kops.isnan(lined), axis=self.axis, keepdims=True), float("nan"), falling)

    def neighbours(self, tensor: Tensor, *ranks: Tensor) -> list[tuple[Tensor, Tensor]]:
        """Of each rank from the least, int32 (batch, *grid, 1), each bag's element, and the next; NaN if one is NaN."""
        falling, last = self.sorted(tensor), kops.cast(self.size, "int32") - 1
        places = self._numbered(falling, "int32")

        def at(rank: Tensor) -> Tensor:
            chosen = kops.equal(kops.expand_dims(last - rank, self.axis), places)
            return kops.sum(ops.where_expanded(chosen, falling, 0.0), axis=self.axis)

        return [(at(rank), at(rank + 1)) for rank in ranks]

    def mean_of_largest(self, tensor: Tensor, k: int | float) -> Tensor:
        """The mean of each bag's k largest (an integer), or of the ⌈k n⌉ largest (a float); 0 for an empty bag."""
        kept = self._kept(k)
        largest = self.largest(tensor, k) if isinstance(k, int) else self.sorted(tensor)
        counts = kops.expand_dims(kept, self.axis) > self._numbered(largest, kept.dtype)
        summands = ops.where_expanded(counts, largest, 0.0)
        return ops.divide(sum_steps(summands, self.axis), kept)

    def _numbered(self, lined: Tensor, dtype: str) -> Tensor:
        """0, 1, … along the bags' own axis: (size, 1)."""
        return ops.reshape(kops.arange(kops.shape(lined)[self.axis], dtype=dtype), (-1, 1))

    def _kept(self, k: int | float) -> Tensor:
        if isinstance(k, int):
            return kops.minimum(self.size, k)
        # A little less, for float32: 0.15 · 100 is 15, not 15.000001
        return kops.ceil(k * (1 - 2**-22) * self.size)
