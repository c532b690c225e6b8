"""What the elements of each segment make together: (elements, …) and ids (elements,) -> (num, …).

On PyTorch keras.ops (3.15.1) makes float32 of every dtype on the way, and copies the ids for every feature.
"""

from __future__ import annotations

import keras
from keras import ops

from kpool.ops.tensors import Tensor


def segment_sum(x: Tensor, ids: Tensor, num: int) -> Tensor:
    """The sum of each segment."""
    return _scattered(x, ids, num, "sum", 0.0) if _is_torch(x) else ops.segment_sum(x, ids, num_segments=num)


def segment_max(x: Tensor, ids: Tensor, num: int) -> Tensor:
    """The greatest of each segment; of none −∞, or the least finite number."""
    return _scattered(x, ids, num, "amax", -float("inf")) if _is_torch(x) else ops.segment_max(x, ids, num_segments=num)


def _is_torch(x: Tensor) -> bool:
    """Whether it is a tensor of PyTorch's."""
    return keras.backend.backend() == "torch" and not isinstance(x, keras.KerasTensor)


def _scattered(x: Tensor, ids: Tensor, num: int, reduce: str, start: float) -> Tensor:
    each = ids.long().reshape(-1, *[1] * (x.ndim - 1)).expand_as(x)
    return x.new_full((num, *x.shape[1:]), start).scatter_reduce(0, each, x, reduce)
