"""A guess: what saves sums a reading of the elements."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from keras import ops as kops

from kpool.ops import Tensor, Tensors


class Guess(NamedTuple):
    """A value of sums made with constants that are guessed: where they serve, in one reading of the elements.

    Attributes:
        first: The constants guessed, (batch, *grid, …) each, or a number for every bag.
        serves: Whether they serve a bag, of them and the sums: bool (batch, *grid, …). Where the value is not finite
            they do not, whatever it says.
        exact: The constants that always serve, of the tensors that are summed over.
        value: The value, of constants, sums and `others`; but for rounding, it does not depend on the constants.
        both: Whether there are two sums.
    """

    first: Sequence[Tensor | float]
    serves: Callable[[Tensors, Tensors], Tensor]
    exact: Callable[..., Tensors]
    value: Callable[..., Any]
    both: bool = True


def is_sound(total: Tensor) -> Tensor:
    """Whether a sum of what is positive lacks no summand that would show in it, and none of them is infinite."""
    return kops.logical_and(total > 1e-20, total < 1e30)
