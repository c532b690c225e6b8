"""Eager calls, compiled: op by op, a pooling reads and writes its input again for each operation."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import keras

from kpool import ops
from kpool.ops import Tensor

LEAST_ELEMENTS = 2**20
"""Smaller inputs are pooled op by op: there is little to gain."""

MOST_SIGNATURES = 8
"""Of one layer. Inputs of ever new lengths are pooled op by op: each would be compiled anew."""


class EagerCore:
    """A function of an input and what of it counts, compiled by XLA once a signature comes a second time.

    The environment variable KPOOL_COMPILE=0 turns it off. What raises errors that XLA drops is not compiled.
    """

    def __init__(self, function: Callable[[Tensor, Tensor | None], Tensor]) -> None:
        self._function = function
        self._compiled: dict[Any, Callable[..., Tensor] | None] = {}

    def suits(self, x: Tensor) -> bool:
        """Whether a call with this input may be compiled, if it is asked for often enough."""
        return (
            keras.backend.backend() == "tensorflow"
            and ops.is_concrete(x)
            and not ops.is_ragged(x)
            and os.environ.get("KPOOL_COMPILE") != "0"
            and x.shape.num_elements() >= LEAST_ELEMENTS
        )

    def __call__(self, x: Tensor, counted: Tensor | None) -> Tensor:
        key = (x.shape, x.dtype, None if counted is None else counted.shape)
        if key not in self._compiled:
            if len(self._compiled) < MOST_SIGNATURES:
                self._compiled[key] = None
            return self._function(x, counted)
        if self._compiled[key] is None:
            self._compiled[key] = self._compile(x, counted)
        return self._compiled[key](x, counted)  # type: ignore[misc]

    def _compile(self, x: Tensor, counted: Tensor | None) -> Callable[..., Tensor]:
        import tensorflow as tf

        with ops.noting_checks() as dropped:
            compiled = tf.function(self._function, jit_compile=True, autograph=False)
            compiled.get_concrete_function(x, counted)
        return self._function if dropped else compiled
