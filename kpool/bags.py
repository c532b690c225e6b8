"""What a region makes of its input: bags of elements, and what can be asked of each bag."""

from __future__ import annotations

import functools
from abc import abstractmethod
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from keras import ops as kops

from kpool import ops
from kpool.guess import Guess
from kpool.ops import Tensor, Tensors
from kpool.ranked import Ranked

Function = Callable[..., Tensor]


def itself(x: Tensor) -> Tensor:
    return x


def slope_of_itself(x: Tensor, of_sum: Tensor) -> tuple[Tensor]:
    return (of_sum + kops.zeros_like(x),)


class Bags(Ranked):
    """Bags of elements. A region's subclass says how elements are laid out and how a bag is summed.

    An element tensor has shape (batch, *positions, …); a bag tensor has shape (batch, *grid, …), and the grid is
    empty if all positions make one bag.

    Args:
        elements: (batch, *positions, features), finite: 0 where an element is not counted.
        counted: bool (batch, *positions), or None if every element counts.
        weights: (batch, *positions), non-negative, or None. An element of weight 2 counts as if it stood there twice.

    Attributes:
        training: Whether the layer is called in training; a stochastic strategy draws only then.
        field: The elements as the input has them, (batch, rows, cols, features) also where a bag is the whole input.
        field_counted: Which of them count, or None.
        asked: The reductions that several layers will ask of the same bags, by layer, where that is known beforehand.
        attended: The SoftmaxSum last asked of the bags, if any: what `return_weights` shows.
    """

    asked: Mapping[Any, tuple[Any, ...]] = MappingProxyType({})
    attended: Any = None
    training: bool = False

    @property
    def guesses(self) -> bool:
        """Whether `guessed` is there, and saves time."""
        return False

    def __init__(self, elements: Tensor, counted: Tensor | None = None, weights: Tensor | None = None) -> None:
        self.elements = elements
        self.counted = counted
        self.weights = weights
        self.field = elements
        self.field_counted = counted

    @abstractmethod
    def sum(
        self, *tensors: Tensor, of: Function = itself, given: Tensors = (), slope: Function | None = None
    ) -> Tensor:
        """Σ of(elements, bag's given) over each bag's counted elements, weighted; 0 for an empty bag.

        Args:
            slope: The gradients for `tensors`, as a tuple: slope(elements, bag's given, the sum's gradient). Without
                it they are derived, which over windows is slow; with it, `given` gets none: it must be constants
                that, but for rounding, the answer does not depend on, as the shift of a softmax.
        """

    @abstractmethod
    def sum_both(self, *tensors: Tensor, of: Function, slope: Function, given: Tensors = ()) -> tuple[Tensor, Tensor]:
        """Two sums, of a function that gives two summands; in one reading of the elements where that can be had.

        Args:
            slope: As for `sum`, of both sums' gradients.
        """

    def guessed(self, *tensors: Tensor, of: Function, slope: Function, guess: Guess, others: Tensors = ()) -> Any:
        """The guess's value, of the sums of what `of` gives.

        Args:
            of: Gives a summand, or a tuple of two; of the tensors and the constants.
            slope: As for `sum`.
            others: What else the value depends on.
        """
        raise NotImplementedError

    def sum_scaled(self, tensor: Tensor, values: Tensor, *, of: Function, given: Tensors = ()) -> Tensor:
        """Σ of(element, bag's given) · value, the two broadcast; best where `of` gives one number for all features.

        Several such numbers for the same features, (…, n, 1) and (…, 1, features), may make a product of matrices.
        """
        return self.sum(tensor, values, of=lambda x, value, *bag: of(x, *bag) * value, given=given)

    @abstractmethod
    def max(self, *tensors: Tensor, of: Function = itself) -> Tensor:
        """The greatest of(elements) among each bag's counted elements; −∞ for an empty bag.

        Where elements tie, the parts of the gradient they get, which may be 0, sum to the whole.
        """

    @abstractmethod
    def first(self, tensor: Tensor) -> Tensor:
        """Each bag's first counted element in row-major order; 0 for an empty bag."""

    @abstractmethod
    def last(self, tensor: Tensor) -> Tensor:
        """Each bag's last counted element in row-major order; 0 for an empty bag."""

    @functools.cached_property
    @abstractmethod
    def size(self) -> Tensor:
        """The number of each bag's counted elements, whatever they weigh: (batch, *grid, 1)."""

    @functools.cached_property
    def count(self) -> Tensor:
        """The total weight of each bag's counted elements, their number if they weigh 1: (batch, *grid, 1)."""
        return self.size if self.weights is None else self.sum(kops.ones_like(self.elements[..., :1]))

    @functools.cached_property
    def _counted(self) -> Tensor:
        """Which elements count, also where all do: bool (batch, *positions)."""
        return kops.ones_like(self.elements[..., 0], dtype="bool") if self.counted is None else self.counted

    @functools.cached_property
    def present(self) -> Tensor:
        """Where `line_up` has a counted element: bool (batch, *grid, size)."""
        return self.line_up(kops.ones_like(self.elements[..., :1]), 0.0)[..., 0] > 0

    @functools.cached_property
    def lined_weights(self) -> Tensor:
        """How often each element of `line_up` counts, 0 where there is none: (batch, *grid, size, 1)."""
        ones = kops.ones_like(self.elements[..., :1])
        return self.line_up(ones if self.weights is None else kops.expand_dims(self.weights, -1), 0.0)

    def sampled_mean(self, tensor: Tensor) -> Tensor | None:
        """The mean of a few elements of each bag, where they are at hand: (batch, *grid, …)."""
        return None

    def sum_places(self, tensor: Tensor, weights: Tensor) -> Tensor:
        """Σ of each bag's counted elements, each times what its place in `line_up` weighs: (size, 1 or features)."""
        return kops.sum(weights * self.line_up(tensor, 0.0), axis=self.axis)

    def mean_places(self, tensor: Tensor, weights: Tensor) -> Tensor:
        """The same by the sum of what weighs there: what does not count is shared out among the others."""
        total = self.sum_places(tensor, weights)
        share = self.sum_places(kops.ones_like(tensor[..., :1]), weights)
        return ops.divide(total, share + kops.zeros_like(total))

    def filled(self, value: float, like: Tensor) -> Tensor:
        """A number for each bag, in the shape of a sum of the tensor: (batch, *grid, …)."""
        shape = (*kops.shape(self.count)[:-1], *kops.shape(like)[len(self.elements.shape) - 1 :])
        return kops.full(shape, value, self.elements.dtype)

    def _weighed(self, summands: Tensor) -> Tensor:
        if self.weights is not None:
            summands = summands * ops.expand(self.weights, summands)
        return ops.where_expanded(self.counted, summands, 0.0)

    @property
    def _given_weights(self) -> tuple[Tensor, ...]:
        """The weights, if there are any: what a told gradient must not forget."""
        return () if self.weights is None else (self.weights,)

    def _weighing(self, of: Function, slope: Function, inputs: int) -> Callable[..., list[Tensor]]:
        """The slope of weighted sums: of the tensors, and of `_given_weights`.

        Args:
            inputs: How many tensors `of` takes; with the sums' gradients behind them, they are what the slope is given.
        """

        def weighed(*along: Tensor) -> list[Tensor]:
            slopes = [self._weighed(x) for x in slope(*along)]
            if self.weights is None:
                return slopes
            return [*slopes, self._slope_of_weights(of(*along[:inputs]), along[inputs:])]

        return weighed

    def _slope_of_weights(self, summands: Any, of_sums: Tensors) -> Tensor:
        """Summand · the sum's gradient, over the features and the sums."""
        summands = summands if isinstance(summands, tuple) else (summands,)
        parts = (x * of_sum for x, of_sum in zip(summands, of_sums, strict=True))
        behind = len(self.elements.shape) - 1
        total = sum(kops.sum(x, axis=tuple(range(behind, len(x.shape)))) for x in parts)
        return ops.where_expanded(self.counted, total, 0.0)
