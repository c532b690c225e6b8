"""Bags whose elements are each in one of them at most: what a bag has, they can be given."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable

from keras import ops as kops

from kpool import ops
from kpool.bags import Function
from kpool.ops import Tensor, Tensors
from kpool.ops.ranks import of_rank
from kpool.region.told import Told


class Parted(Told):
    """Bags whose elements are each in one of them at most."""

    @abstractmethod
    def _along(self, values: Iterable[Tensor]) -> list[Tensor]:
        """Bags' values, for each of their elements; a number is for all."""

    def neighbours(self, tensor: Tensor, *ranks: Tensor) -> list[tuple[Tensor, Tensor]]:
        if not ops.is_fused():
            return super().neighbours(tensor, *ranks)
        return [self._by_bits(tensor, kops.cast(rank, tensor.dtype) + self.filled(0.0, tensor)) for rank in ranks]

    def mean_of_largest(self, tensor: Tensor, k: int | float) -> Tensor:
        few = isinstance(k, int)
        return self._mean_by_rank(tensor, k) if ops.is_fused() and not few else super().mean_of_largest(tensor, k)

    def _by_bits(self, x: Tensor, rank: Tensor) -> tuple[Tensor, Tensor]:
        @kops.custom_gradient
        def neighbours(x: Tensor) -> tuple[list[Tensor], Function]:
            nan = self._number(x, kops.isnan) > 0
            low = of_rank(lambda bound: self._number(x, kops.less, bound), rank, x.dtype)
            above = -self.max(x, *self._along([low]), of=lambda x, low: kops.where(x > low, -x, -float("inf")))
            high = kops.where(self._number(x, kops.less_equal, low) > rank + 1, low, above)

            def gradient(*upstream: Tensor) -> Tensor:
                return sum(self._shared(x, *each) for each in zip((low, high), upstream, strict=True))

            return [kops.where(nan, float("nan"), value) for value in (low, high)], gradient

        low, above = neighbours(x)
        return low, above

    def _shared(self, x: Tensor, value: Tensor, upstream: Tensor) -> Tensor:
        """The gradient of one of each bag's elements, shared out among those that tie."""
        share = ops.divide(upstream, self._number(x, kops.equal, value))
        value, share = self._along([value, share])
        return ops.where_expanded(self.counted, kops.where(kops.equal(x, value), share, kops.zeros_like(x)), 0.0)

    def _slopes(
        self, of: Function, slope: Function, given: Tensors, tensors: Tensors, of_sums: Tensors
    ) -> list[Tensor]:
        inputs = [*tensors, *self._along(map(ops.again, given))]
        return self._weighing(of, slope, len(inputs))(*inputs, *self._along(of_sums))
