"""What a model answers to inputs that are drawn for it, and how far apart two answers are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

ROWS, STEPS = (3, 2), (7, 5)
"""The sizes that inputs are drawn of where a model leaves them open."""


def drawn_inputs(model: keras.Model) -> list[list[Array]]:
    """Two inputs of the model, of different sizes where it leaves them open."""
    rng = np.random.default_rng(0)
    return [
        [_drawn(rng, _sized(tensor.shape, rows, steps), tensor.dtype) for tensor in model.inputs]
        for rows, steps in zip(ROWS, STEPS, strict=True)
    ]


def _sized(shape: tuple[int | None, ...], rows: int, steps: int) -> tuple[int, ...]:
    first, *rest = shape
    return (first or rows, *(length or steps for length in rest))


def _drawn(rng: np.random.Generator, shape: tuple[int, ...], dtype: str) -> Array:
    if dtype == "bool":
        return rng.random(shape) < 0.75
    if "int" in dtype:
        return rng.integers(0, 2, shape).astype(dtype)
    return rng.normal(size=shape).astype(dtype)


def answers(model: keras.Model, arrays: Sequence[Array]) -> list[Array]:
    tensors = [keras.ops.convert_to_tensor(x) for x in arrays]
    given = model(tensors[0] if len(tensors) == 1 else tensors, training=False)
    return [np.asarray(keras.ops.convert_to_numpy(x)) for x in keras.tree.flatten(given)]


def models_apart(given: keras.Model, expected: keras.Model, samples: Sequence[Sequence[Array]]) -> float:
    """How far the answers of two models are apart at most, as `apart` has it."""
    return max(apart(answers(given, arrays), answers(expected, arrays)) for arrays in samples)


def apart(given: Sequence[Array], expected: Sequence[Array]) -> float:
    """The largest difference of an answer, as a share of the largest number in it.

    Infinite where a shape or a NaN differs.
    """
    worst = 0.0
    for a, b in zip(given, expected, strict=True):
        if a.shape != b.shape:
            return float("inf")
        error = np.where(np.isnan(a) & np.isnan(b), 0.0, np.abs(a.astype("float64") - b.astype("float64")))
        largest = np.abs(b[np.isfinite(b)]).max(initial=0.0) or 1.0
        worst = max(worst, float(np.nan_to_num(error, nan=np.inf).max(initial=0.0) / largest))
    return worst
