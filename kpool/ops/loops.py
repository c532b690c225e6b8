"""Loops over steps, each of which needs the one before it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
from keras import ops

from kpool.ops.tensors import Tensor

State = tuple[Tensor, ...]


def fold_steps(steps: int | Tensor, step: Callable[..., State], start: State) -> State:
    """step(T − 1, …, step(1, step(0, start))), with a gradient on every backend; under XLA if `steps` is known."""
    if keras.backend.backend() == "jax":  # it differentiates no while loop; and what is empty has no first step
        folded: State = ops.fori_loop(0, steps, lambda i, state: step(i, *state), start) if steps else start
        return folded

    def next_step(i: Tensor, *state: Tensor) -> tuple[Any, ...]:
        return i + 1, *step(i, *state)

    # XLA differentiates only a loop whose length it knows
    _, *end = ops.while_loop(lambda i, *state: i < steps, next_step, (0, *start), maximum_iterations=steps)
    return tuple(end)
