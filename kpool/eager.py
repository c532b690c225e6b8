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
    """A function of an input and what goes along with it, compiled by XLA once a signature comes a second time.

    XLA drops checks, so these are answers of what is compiled, and raise here. The environment variable KPOOL_COMPILE=0
    turns it off. What would make more room when it is compiled is not, nor what checks in a loop or a branch, nor what
    cannot be.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function
        self._compiled: dict[Any, Callable[..., Any] | None] = {}

    def suits(self, x: Tensor, *along: Tensor | None) -> bool:
        """Whether a call with this input may be compiled, if it is asked for often enough."""
        if keras.backend.backend() != "tensorflow" or os.environ.get("KPOOL_COMPILE") == "0":
            return False
        import tensorflow as tf

        return (
            tf.executing_eagerly()
            and all(z is None or ops.is_concrete(z) for z in (x, *along))
            and not ops.is_ragged(x)
            and x.shape.num_elements() >= LEAST_ELEMENTS
        )

    def __call__(self, *given: Tensor | None) -> Any:
        key = tuple(None if x is None else (x.shape, x.dtype) for x in given)
        if key not in self._compiled:
            if len(self._compiled) < MOST_SIGNATURES:
                self._compiled[key] = None
            return self._function(*given)
        if self._compiled[key] is None:
            self._compiled[key] = self._compile(*given) or self._function
        return self._compiled[key](*given)  # type: ignore[misc]

    def _compile(self, *given: Tensor | None) -> Callable[..., Any] | None:
        """The function, compiled; None where it cannot be, or should not."""
        import tensorflow as tf

        traces: list[ops.Deferred] = []

        def traced(*given: Tensor | None) -> Any:
            with ops.deferring() as deferred:
                answer = self._function(*given)
            traces.append(deferred)
            return answer, [check.holds for check in deferred.checks]

        compiled = tf.function(traced, jit_compile=True, autograph=False)
        try:
            compiled.get_concrete_function(*given)
            (left,) = traces
            if not left.settled:
                return None
            compiled(*given)
        except Exception:  # a strategy may do what only values can, or what XLA has not; its own errors come op by op
            return None

        def checked(*given: Tensor | None) -> Any:
            answer, holds = compiled(*given)
            for held, check in zip(holds, left.checks, strict=True):
                if not held:
                    raise check.error(check.message)
            return answer

        return checked
