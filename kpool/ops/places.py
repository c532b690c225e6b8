"""Elements by their place or rank."""

from __future__ import annotations

from keras import ops

from kpool.ops.extremes import greatest
from kpool.ops.tensors import Tensor, product, reshape


def largest(x: Tensor, k: int, axis: int) -> Tensor:
    """The k largest along an axis, in falling order; −∞ past its end, NaN if one is NaN (tf.math.top_k loses it)."""
    lined = ops.moveaxis(x, axis, -1)
    behind = [[0, 0]] * (len(lined.shape) - 1) + [[0, k]]
    top, _ = ops.top_k(ops.pad(lined, behind, constant_values=-float("inf")), k)
    return ops.where(ops.any(ops.isnan(x), axis=axis, keepdims=True), float("nan"), ops.moveaxis(top, -1, axis))


def first_greatest(x: Tensor, axis: int) -> Tensor:
    """Where the greatest stands along an axis, of several the first: bool; nowhere if one is NaN, or all are −∞."""
    found = ops.logical_and(ops.equal(x, greatest(x, axis, keepdims=True)), x > -float("inf"))
    return ops.logical_and(found, ops.equal(ops.cumsum(ops.cast(found, "int32"), axis=axis), 1))


def take(x: Tensor, places: Tensor) -> Tensor:
    """Each row's elements at its own places: (batch, steps, …) and (batch, …) -> (batch, …, …)."""
    rows, steps = ops.shape(x)[:2]
    if x.shape[1] in (0, None):  # there must be something to take
        x, steps = ops.pad(x, [[0, 0], [0, 1], *([0, 0] for _ in x.shape[2:])]), steps + 1
    row = ops.cumsum(ops.ones_like(places), axis=0) - 1
    flat = reshape(x, (product([rows, steps]), *ops.shape(x)[2:]))
    return ops.take(flat, row * steps + places, axis=0)
