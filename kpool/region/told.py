"""Bags whose sums have, under XLA, a gradient that is told."""

from __future__ import annotations

import copy
import functools
from abc import abstractmethod
from collections.abc import Iterable
from typing import Any

import keras
from keras import ops as kops

from kpool import ops
from kpool.bags import Bags, Function, itself
from kpool.guess import Guess
from kpool.ops import Tensor, Tensors
from kpool.ops.selection import of_rank


class Told(Bags):
    """Bags whose sums have a gradient that is told: derived, it would want stored what they were made of."""

    @property
    def guesses(self) -> bool:
        return ops.is_fused()

    def sum(
        self, *tensors: Tensor, of: Function = itself, given: Tensors = (), slope: Function | None = None
    ) -> Tensor:
        def total(*tensors: Tensor) -> Tensor:
            return self._stored(of, given, *tensors, both=False)[0]

        return total(*tensors) if slope is None else self._told(total, of, slope, given, tensors)

    def sum_both(self, *tensors: Tensor, of: Function, slope: Function, given: Tensors = ()) -> tuple[Tensor, Tensor]:
        sums = functools.partial(self._stored, of, given, both=True)
        first, second = self._told(sums, of, slope, given, tensors)
        return first, second

    @abstractmethod
    def _sums(self, of: Function, given: Tensors, *tensors: Tensor, both: bool) -> Tensors:
        """The sum of what `of` gives, or both sums."""

    def _stored(self, of: Function, given: Tensors, *tensors: Tensor, both: bool) -> Tensors:
        """The same for all that read them: where XLA would make them anew for each, a subclass has them stored."""
        return self._sums(of, given, *tensors, both=both)

    @abstractmethod
    def _slopes(
        self, of: Function, slope: Function, given: Tensors, tensors: Tensors, of_sums: Tensors
    ) -> list[Tensor]:
        """The gradients of the tensors, and of `_given_weights`, that the sums' gradients make."""

    def _told(self, sums: Function, of: Function, slope: Function, given: Tensors, tensors: Tensors) -> Any:
        """Sums of the tensors, with their gradient."""
        if not self.guesses:
            return sums(*tensors)

        @kops.custom_gradient
        def told(*sources: Tensor) -> tuple[Any, Function]:
            tensors = sources[: len(sources) - len(self._given_weights)]

            def gradient(*of_sums: Tensor) -> list[Tensor]:
                return self._slopes(of, slope, given, tensors, of_sums)

            return sums(*tensors), gradient

        return told(*tensors, *self._given_weights)

    def guessed(self, *tensors: Tensor, of: Function, slope: Function, guess: Guess, others: Tensors = ()) -> Any:
        @kops.custom_gradient
        def settled(*sources: Tensor) -> tuple[Any, Function]:
            tensors, others = sources[:n], sources[n + len(self._given_weights) :]

            def with_value(given: Tensors, sums: Tensors) -> list[Any]:
                return [list(given), list(sums), guess.value(given, sums, *others)]

            def exact(*tensors: Tensor) -> list[Any]:
                given = guess.exact(*tensors)
                return with_value(given, self._sums(of, given, *tensors, both=guess.both))

            first = [self.filled(x, tensors[0]) if isinstance(x, float) else x for x in guess.first]
            tried = with_value(first, self._sums(of, guess.first, *tensors, both=guess.both))
            tried[2] = _nan_unless(guess.serves(*tried[:2]), tried[2])
            served = kops.all(kops.isfinite(keras.tree.flatten(tried[2])[0]))
            given, sums, value = ops.unless_told(served, tried, exact, *tensors)

            def gradient(*upstream: Tensor) -> list[Tensor]:
                of_sums, of_others = ops.pulled_back(
                    lambda sums, others: guess.value(given, sums, *others), (sums, others), upstream
                )
                return [*self._slopes(of, slope, given, tensors, of_sums), *of_others]

            return value, gradient

        n = len(tensors)
        return settled(*tensors, *self._given_weights, *others)


class Parted(Told):
    """Bags whose elements are each in one of them at most."""

    @abstractmethod
    def _along(self, values: Iterable[Tensor]) -> list[Tensor]:
        """Bags' values, for each of their elements; a number is for all."""

    def neighbours(self, tensor: Tensor, rank: Tensor) -> tuple[Tensor, Tensor]:
        if not ops.is_fused():
            return super().neighbours(tensor, rank)
        alone = copy.copy(self)
        alone.weights = None
        low, above = alone._neighbours(tensor, kops.cast(rank, tensor.dtype) + self.filled(0.0, tensor))
        return low, above

    def _neighbours(self, x: Tensor, rank: Tensor) -> Any:
        @kops.custom_gradient
        def neighbours(x: Tensor) -> tuple[list[Tensor], Function]:
            nan = self._number(x, kops.isnan) > 0
            low = of_rank(lambda bound: self._number(x, kops.less, bound), rank, x.dtype)
            above = -self.max(x, *self._along([low]), of=lambda x, low: kops.where(x > low, -x, -float("inf")))
            high = kops.where(self._number(x, kops.less_equal, low) > rank + 1, low, above)

            def gradient(*upstream: Tensor) -> Tensor:
                return sum(self._shared(x, *each) for each in zip((low, high), upstream, strict=True))

            return [kops.where(nan, float("nan"), value) for value in (low, high)], gradient

        return neighbours(x)

    def _number(self, x: Tensor, holds: Function, *given: Tensor) -> Tensor:
        """How many elements of each bag something holds of."""
        (number,) = self._sums(lambda *each: kops.cast(holds(*each), x.dtype), given, x, both=False)
        return number

    def _shared(self, x: Tensor, value: Tensor, upstream: Tensor) -> Tensor:
        """The gradient of one of each bag's elements, shared out among those that tie."""
        share = ops.divide(upstream, self._number(x, kops.equal, value))
        value, share = self._along([value, share])
        return self._weighed(kops.where(kops.equal(x, value), share, kops.zeros_like(x)))

    def _slopes(
        self, of: Function, slope: Function, given: Tensors, tensors: Tensors, of_sums: Tensors
    ) -> list[Tensor]:
        inputs = [*tensors, *self._along(map(ops.again, given))]
        return self._weighing(of, slope, len(inputs))(*inputs, *self._along(of_sums))


def _nan_unless(serves: Tensor, value: Any) -> Any:
    """A value whose first tensor is NaN where it does not serve."""
    first, *rest = keras.tree.flatten(value)
    return keras.tree.pack_sequence_as(value, [kops.where(serves, first, float("nan")), *rest])
