"""What depends on values: checks, and room for as much as they need."""

from __future__ import annotations

import contextlib
import contextvars
from collections.abc import Iterator
from typing import NamedTuple

import keras
from keras import ops

from kpool.errors import KpoolError
from kpool.ops.extremes import greatest
from kpool.ops.tensors import Tensor, is_concrete


class Check(NamedTuple):
    """A condition that must hold everywhere, and what to raise where it does not."""

    holds: Tensor
    error: type[Exception]
    message: str


class Deferred:
    """What a TensorFlow graph, while it is traced, leaves to whoever runs it.

    Attributes:
        checks: The checks that the graph does not make.
        settled: Whether that is all: no check is out of reach, in a loop or a branch, and no room is made for the most
            that values may need.
    """

    def __init__(self) -> None:
        import tensorflow as tf

        self.checks: list[Check] = []
        self.settled = True
        self._graph = tf.compat.v1.get_default_graph()

    def add(self, check: Check) -> None:
        self.checks.append(check)
        self.settled &= check.holds.graph is self._graph


_deferred: contextvars.ContextVar[Deferred | None] = contextvars.ContextVar("deferred", default=None)


@contextlib.contextmanager
def deferring() -> Iterator[Deferred]:
    """Within it, checks that are traced are not made a part of the graph: XLA would drop them."""
    deferred = Deferred()
    token = _deferred.set(deferred)
    try:
        yield deferred
    finally:
        _deferred.reset(token)


def require(holds: Tensor, error: type[Exception], message: str) -> None:
    """Raise if a condition on values does not hold everywhere.

    At once where values are at hand. In a TensorFlow graph the check becomes a part of the graph and fails when it
    runs (InvalidArgumentError); XLA drops it, as do other backends' compilers.
    """
    if isinstance(holds, keras.KerasTensor):
        return  # lowered, it is no more than Keras's operations
    if is_concrete(holds):
        if not bool(ops.convert_to_numpy(holds).all()):
            raise error(message)
    elif (deferred := _deferred.get()) is not None:
        deferred.add(Check(ops.all(holds), error, message))
    elif keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        tf.debugging.Assert(tf.reduce_all(holds), [message])


def room(lengths: Tensor, longest: int | None, most: int | Tensor, says: str) -> int | Tensor:
    """Room for each of some lengths.

    Args:
        longest: So much, if it is given; KpoolError, with what `says`, where one is longer.
        most: Else the greatest of them or, where their values are not at hand, the most they can be.
    """
    if longest is not None:
        require(lengths <= longest, KpoolError, says)
        return longest
    if is_concrete(lengths):
        return int(greatest(lengths, initial=0))
    if (deferred := _deferred.get()) is not None:
        deferred.settled = False
    return most
