"""Bags whose sums have, under XLA, a gradient that is told."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Sequence
from typing import Any

from keras import ops as kops

from kpool import ops
from kpool.bags import Bags, Function
from kpool.ops import Tensor


class Told(Bags):
    """Bags whose elements are each in one bag at most."""

    @abstractmethod
    def _along(self, values: Iterable[Tensor]) -> list[Tensor]:
        """Bags' values, for each of their elements."""

    def _told(self, sums: Function, of: Function, slope: Function, given: Sequence[Tensor]) -> Function:
        """The same sums with their gradient: derived, it would want stored what they were made of."""
        if not ops.is_fused():
            return sums

        @kops.custom_gradient
        def told(*tensors: Tensor) -> tuple[Any, Function]:
            tensors = tensors[: len(tensors) - len(self._given_weights)]

            def gradient(*upstream: Tensor) -> list[Tensor]:
                inputs = [*tensors, *self._along(map(ops.again, given))]
                return self._weighing(of, slope, len(inputs))(*inputs, *self._along(upstream))

            return sums(*tensors), gradient

        return lambda *tensors: told(*tensors, *self._given_weights)
