"""Elements by their rank along an axis, without a sort of all: XLA's on CPU (TF 2.21) takes twenty times as long."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator

import keras
from keras import ops as kops

from kpool.ops.loops import fold_steps
from kpool.ops.safe import divide, least_normal, where_expanded
from kpool.ops.sums import max_steps, sum_steps
from kpool.ops.tensors import Tensor

_WHOLE = {"float32": ("int32", 32), "float64": ("int64", 64)}


def neighbours_steps(x: Tensor, counted: Tensor, rank: Tensor, axis: int) -> tuple[Tensor, Tensor]:
    """The element of a rank, counted from the least, and the one above it: (batch, steps, …) -> (batch, …) twice.

    NaN of a NaN. Elements that tie share the gradient. TensorFlow's, under XLA.

    Args:
        counted: Which elements count, as far as `x` broadcasts; ∞ stands for the others.
        rank: int32 (batch, …).
    """

    @kops.custom_gradient
    def neighbours(x: Tensor) -> tuple[tuple[Tensor, Tensor], Callable[..., Tensor]]:
        low = _of_rank(x, rank, axis)
        along = kops.expand_dims(low, axis)
        above = -max_steps(kops.where(x > along, -x, -float("inf")), axis)
        high = kops.where(_count(x <= along, axis, x.dtype) > kops.cast(rank + 1, x.dtype), low, above)
        nan = max_steps(kops.cast(kops.isnan(x), x.dtype), axis) > 0
        found = tuple(kops.where(nan, float("nan"), value) for value in (low, high))

        def gradient(*upstream: Tensor) -> Tensor:
            return sum(_shared(x, value, of_value) for value, of_value in zip((low, high), upstream, strict=True))

        return found, gradient

    def _shared(x: Tensor, value: Tensor, of_value: Tensor) -> Tensor:
        chosen = kops.logical_and(x == kops.expand_dims(value, axis), counted)
        share = divide(of_value, _count(chosen, axis, x.dtype))
        return kops.where(chosen, kops.expand_dims(share, axis), kops.zeros_like(x))

    low, above = neighbours(x)
    return low, above


def _of_rank(x: Tensor, rank: Tensor, axis: int) -> Tensor:
    """The element of a rank, bit by bit: the greatest number that no more elements than its rank says are below."""
    import tensorflow as tf

    whole, bits = _WHOLE[keras.backend.standardize_dtype(x.dtype)]
    lowest = kops.cast(-(2 ** (bits - 1)), whole)
    rank = kops.cast(rank, x.dtype)

    def number(key: Tensor) -> Tensor:
        """Floats in the order of their keys, which are whole: those below 0 have their bits turned round."""
        turned = tf.bitwise.bitwise_xor(tf.bitwise.invert(key), lowest)
        return tf.bitcast(kops.where(key < 0, turned, key), x.dtype)

    def step(i: Tensor, key: Tensor) -> tuple[Tensor]:
        tried = key + tf.bitwise.left_shift(kops.cast(1, whole), kops.cast(bits - 1 - i, whole))
        bound = number(tried)
        fits = _count(x < kops.expand_dims(bound, axis), axis, x.dtype) <= rank
        beyond = kops.logical_and(tried > 0, kops.isnan(bound))
        return (kops.where(kops.logical_and(fits, kops.logical_not(beyond)), tried, key),)

    start = lowest + kops.zeros_like(rank, dtype=whole)
    (key,) = fold_steps(bits, step, (start,))
    found = number(key)
    return kops.where(kops.abs(found) < least_normal(found), kops.zeros_like(found), found)


def _count(holds: Tensor, axis: int, dtype: str) -> Tensor:
    return sum_steps(kops.cast(holds, dtype), axis)


def at_place(ordered: Tensor, place: Tensor, axis: int) -> Tensor:
    """What stands at a place, int32 (batch, …, 1), along an axis; 0 where that is outside."""
    places = kops.reshape(kops.arange(kops.shape(ordered)[axis], dtype="int32"), (-1, 1))
    chosen = kops.equal(kops.expand_dims(place, axis), places)
    return kops.sum(where_expanded(chosen, ordered, 0.0), axis=axis)


def neighbours_few(values: Iterable[Tensor], rank: Tensor) -> list[Tensor]:
    """The same of a few tensors, element by element, in every mode: 0 where no tensor is above."""
    values = list(values)
    nan = functools.reduce(kops.logical_or, map(kops.isnan, values))
    for i, j in _exchanges(len(values)):
        a, b = values[i], values[j]
        in_order = a <= b
        values[i], values[j] = kops.where(in_order, a, b), kops.where(in_order, b, a)
    found = (
        functools.reduce(lambda x, i: kops.where(kops.equal(place, i), values[i], x), range(len(values)), 0.0)
        for place in (rank, rank + 1)
    )
    return [kops.where(nan, float("nan"), x) for x in found]


def _exchanges(n: int) -> Iterator[tuple[int, int]]:
    """Batcher's odd-even merge sort (1968): the places compared, one after the other, to sort any n values."""
    size = 1
    while size < n:
        step = size
        while step:
            for start in range(step % size, n - step, 2 * step):
                for i in range(start, min(start + step, n - step)):
                    if i // (2 * size) == (i + step) // (2 * size):
                        yield i, i + step
            step //= 2
        size *= 2
