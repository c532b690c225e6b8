"""What elements of the same id make together.

On PyTorch keras.ops (3.15.1) makes float32 of every dtype on the way, and copies the ids for every feature.
"""

from __future__ import annotations

from collections.abc import Callable

import keras
from keras import ops

from kpool.ops.sums import BLOCK, sum_steps
from kpool.ops.tensors import Tensor, as_complex, reshape


def sum_by_id(x: Tensor, ids: Tensor, num: int) -> Tensor:
    """Each row's sums: (batch, steps, …) and ids (batch, steps), from 0 to num − 1 -> (batch, num, …).

    In parts of about 64, or of num if that is more: one running sum over T errs by up to T eps.
    """
    steps = ops.shape(x)[1]
    parts = steps // max(BLOCK, num) + 1
    part = ops.arange(steps, dtype="int32") % parts
    total = _by_id(segment_sum, x, ids * parts + part, num * parts)
    rows, _, *rest = ops.shape(total)
    total = reshape(total, (rows, num, parts, *rest))
    if "complex" in keras.backend.standardize_dtype(x.dtype):
        return as_complex(sum_steps(ops.real(total), axis=2), sum_steps(ops.imag(total), axis=2))
    return sum_steps(total, axis=2)


def max_by_id(x: Tensor, ids: Tensor, num: int) -> Tensor:
    """The same of the greatest; of none −∞, or TensorFlow's (2.21) least finite number."""
    return _by_id(segment_max, x, ids, num)


def _by_id(reduce: Callable[..., Tensor], x: Tensor, ids: Tensor, num: int) -> Tensor:
    rows, steps, *rest = ops.shape(x)
    if isinstance(rows, int) and rows == 0:  # PyTorch reduces no empty batch
        return ops.zeros((0, num, *rest), x.dtype)
    ids = ops.expand_dims(ops.arange(rows, dtype="int32"), 1) * num + ids
    x, ids = reshape(x, (rows * steps, *rest)), reshape(ids, (-1,))
    return reshape(reduce(x, ids, rows * num), (rows, num, *rest))


def segment_sum(x: Tensor, ids: Tensor, num: int) -> Tensor:
    """The sum of each segment: (elements, …) and ids (elements,) -> (num, …)."""
    return _scattered(x, ids, num, "sum", 0.0) if _is_torch(x) else ops.segment_sum(x, ids, num_segments=num)


def segment_max(x: Tensor, ids: Tensor, num: int) -> Tensor:
    """The greatest of each segment."""
    return _scattered(x, ids, num, "amax", -float("inf")) if _is_torch(x) else ops.segment_max(x, ids, num_segments=num)


def _is_torch(x: Tensor) -> bool:
    """Whether it is a tensor of PyTorch's."""
    return keras.backend.backend() == "torch" and not isinstance(x, keras.KerasTensor)


def _scattered(x: Tensor, ids: Tensor, num: int, reduce: str, start: float) -> Tensor:
    each = ids.long().reshape(-1, *[1] * (x.ndim - 1)).expand_as(x)
    return x.new_full((num, *x.shape[1:]), start).scatter_reduce(0, each, x, reduce)
