"""Elements by their rank, without a sort of all, for which XLA on CPU (TF 2.21) takes twenty times as long."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator

import keras
from keras import ops as kops

from kpool.ops.loops import fold_steps
from kpool.ops.safe import least_normal
from kpool.ops.tensors import Tensor

_WHOLE = {"float32": ("int32", 32), "float64": ("int64", 64)}


def of_rank(below: Callable[[Tensor], Tensor], rank: Tensor, dtype: str) -> Tensor:
    """The elements of a rank, counted from the least: the greatest numbers that no more elements than that are below.

    Found bit by bit. TensorFlow's, under XLA.

    Args:
        below: How many elements are below some numbers, of `dtype` as these.
        rank: Of the numbers' shape and dtype.
    """
    import tensorflow as tf

    whole, bits = _WHOLE[keras.backend.standardize_dtype(dtype)]
    lowest = kops.cast(-(2 ** (bits - 1)), whole)

    def number(key: Tensor) -> Tensor:
        """Floats in the order of their keys, which are whole: those below 0 have their bits turned round."""
        turned = tf.bitwise.bitwise_xor(tf.bitwise.invert(key), lowest)
        return tf.bitcast(kops.where(key < 0, turned, key), dtype)

    def step(i: Tensor, key: Tensor) -> tuple[Tensor]:
        tried = key + tf.bitwise.left_shift(kops.cast(1, whole), kops.cast(bits - 1 - i, whole))
        bound = number(tried)
        beyond = kops.logical_and(tried > 0, kops.isnan(bound))
        fits = kops.logical_and(below(bound) <= rank, kops.logical_not(beyond))
        return (kops.where(fits, tried, key),)

    (key,) = fold_steps(bits, step, (lowest + kops.zeros_like(rank, dtype=whole),))
    found = number(key)
    return kops.where(kops.abs(found) < least_normal(found), kops.zeros_like(found), found)


def of_ranks(values: Iterable[Tensor], ranks: Iterable[Tensor]) -> list[Tensor]:
    """Of a few tensors, element by element: those of some ranks, counted from the least; NaN if one is NaN.

    Args:
        ranks: int32, as far as they broadcast; 0 is what no tensor has.
    """
    values = list(values)
    nan = functools.reduce(kops.logical_or, map(kops.isnan, values))
    for i, j in _exchanges(len(values)):
        a, b = values[i], values[j]
        in_order = a <= b
        values[i], values[j] = kops.where(in_order, a, b), kops.where(in_order, b, a)
    found = (
        functools.reduce(lambda x, i: kops.where(kops.equal(rank, i), values[i], x), range(len(values)), 0.0)
        for rank in ranks
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
