"""Bags whose sums have, under XLA, a gradient that is told."""

from __future__ import annotations

import copy
import functools
from abc import abstractmethod
from typing import Any, Self

import keras
from keras import ops as kops

from kpool import ops
from kpool.bags import Bags, Function, itself
from kpool.guess import Guess
from kpool.ops import Tensor, Tensors


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

    @functools.cached_property
    def _alone(self) -> Self:
        """The same bags, of whose weights only those that are 0 matter."""
        if self.weights is None:
            return self
        alone = copy.copy(self)
        alone.weights = None
        return alone

    def _number(self, x: Tensor, holds: Function, *given: Tensor) -> Tensor:
        """How many elements of each bag something holds of."""
        (number,) = self._alone._sums(lambda *each: kops.cast(holds(*each), x.dtype), given, x, both=False)
        return number

    def _mean_by_rank(self, tensor: Tensor, k: int | float) -> Tensor:
        """`mean_of_largest`, by the least of them: the sum of what is above, and it as often as there is room left."""
        kept = self._kept(k)
        ((least, _),) = self.neighbours(tensor, kops.cast(self.size - kept, "int32"))

        def above(x: Tensor, least: Tensor) -> Tensor:
            return kops.where(x > least, x, kops.zeros_like(x))

        def slope(x: Tensor, least: Tensor, of_sum: Tensor) -> tuple[Tensor]:
            return (kops.where(x > least, of_sum, kops.zeros_like(x)),)

        total = self._alone.sum(tensor, of=above, given=[least], slope=slope)
        room = kept - self._number(tensor, kops.greater, least)
        return ops.divide(total + kops.where(room > 0, room * least, kops.zeros_like(least)), kept)

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


def _nan_unless(serves: Tensor, value: Any) -> Any:
    """A value whose first tensor is NaN where it does not serve."""
    first, *rest = keras.tree.flatten(value)
    return keras.tree.pack_sequence_as(value, [kops.where(serves, first, float("nan")), *rest])
