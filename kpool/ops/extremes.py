"""The greatest and the least along axes, of no elements too."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import keras
from keras import ops

from kpool.ops.tensors import Tensor

Axes = int | Sequence[int] | None


def greatest(x: Tensor, axis: Axes = None, *, keepdims: bool = False, initial: float = -float("inf")) -> Tensor:
    """The greatest along axes, or `initial` if that is greater."""
    return _bounded(ops.max, ops.maximum, x, axis, keepdims, initial)


def least(x: Tensor, axis: Axes = None, *, keepdims: bool = False, initial: float = float("inf")) -> Tensor:
    """The least along axes, or `initial` if that is less."""
    return _bounded(ops.min, ops.minimum, x, axis, keepdims, initial)


def _bounded(
    reduce: Callable[..., Tensor], choose: Callable[..., Tensor], x: Tensor, axis: Axes, keepdims: bool, initial: float
) -> Tensor:
    """Keras's own, with `initial`; on PyTorch (Keras 3.15.1) that is on the CPU wherever `x` is, and of no elements it
    has no shape."""
    if keras.backend.backend() != "torch":
        return reduce(x, axis=axis, keepdims=keepdims, initial=initial)
    if 0 in x.shape:
        none = ops.zeros_like(ops.sum(x, axis=axis, keepdims=keepdims), dtype=x.dtype)
        return none + ops.cast(initial, x.dtype)
    return choose(reduce(x, axis=axis, keepdims=keepdims), initial)
