"""A run: something that can be timed, and whose answer can be looked at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

FORWARD, GRADIENTS = "forward", "gradients"
"""What is done: an answer y; or the gradients of Σ `summand(y)`, for the input and what is learned."""


def summand(y: Any) -> Any:
    """y + y². Of y² alone, the gradients of a unit vector would be 0."""
    return y + y**2


@dataclass(frozen=True)
class Run:
    """One mode of one library.

    Args:
        call: Does the work; the answer, or the input's gradient and after it those of the weights.
        wait: Until the answer is there.
        read: A tensor as an array.
    """

    call: Callable[[], Any]
    wait: Callable[[Any], None]
    read: Callable[[Any], Array]

    def __call__(self, times: int = 1) -> None:
        for _ in range(times):
            found = self.call()
        self.wait(found)

    def answer(self) -> Array:
        """The answer, or the input's gradient, in float32."""
        found = self.call()
        return np.asarray(self.read(found[0] if isinstance(found, list | tuple) else found), "float32")
