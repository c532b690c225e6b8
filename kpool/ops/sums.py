"""Long sums and maxima along an axis: they keep their digits, and under XLA read their input once.

XLA on CPU (TF 2.21) makes one good loop of element-wise work, and one of a bare reduction, but of a reduction with
element-wise work before it a loop along the wrong axis, nine times slower. So there, groups of 8 neighbours are joined
element by element first, in the same loop as what made them (of more than 15 at once XLA would store what made them),
and the bare reduction that follows has an eighth to do.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence

from keras import ops as kops

from kpool.ops.extremes import greatest
from kpool.ops.safe import divide
from kpool.ops.tensors import (
    Tensor,
    again,
    as_complex,
    ceil_divide,
    is_fused,
    reshape,
    reshape_examples,
    shape_unknown,
)

BLOCK = 64
_GROUP = 8


def sum_steps(x: Tensor, axis: int = 1) -> Tensor:
    """The sum over an axis, in blocks: (batch, steps, …) -> (batch, …).

    One running sum over T steps errs by up to T eps; three levels of blocks err by about 1 eps up to T = 262,144.
    Zeros appended on the right change no bit, but for those that complete a group of 8 under XLA.
    """
    return _told_sum(x, axis) if is_fused() else _sum(x, axis)


def _told_sum(x: Tensor, axis: int) -> Tensor:
    """The same with its gradient: derived, it would be a loop that asks of each element which of its group it is."""

    @kops.custom_gradient
    def total(x: Tensor) -> tuple[Tensor, Callable[[Tensor], Tensor]]:
        def spread(upstream: Tensor) -> Tensor:
            return kops.expand_dims(upstream, axis) + kops.zeros_like(x)

        return _sum(_grouped(x, axis, sum_all), axis), spread

    return total(x)


def _sum(x: Tensor, axis: int) -> Tensor:
    if shape_unknown(x, axis):
        return kops.sum(x, axis=axis)
    for _ in range(2):
        steps = x.shape[axis]
        if steps is not None and steps <= BLOCK:
            return kops.sum(x, axis=axis)
        x = again(kops.sum(blocks(x, axis), axis=axis + 1))  # parts the levels: XLA would make one running sum
    return kops.sum(x, axis=axis)


def sum_both_steps(a: Tensor, b: Tensor, axis: int = 1) -> tuple[Tensor, Tensor]:
    """Two sums over an axis in one loop, as the parts of complex numbers: XLA's loops on CPU have one result each."""
    both = _grouped(as_complex(a, b), axis, sum_all)
    both = kops.sum(blocks(both, axis), axis=axis + 1)
    return sum_steps(kops.real(both), axis), sum_steps(kops.imag(both), axis)


def sum_products(a: Tensor, x: Tensor, block: int) -> Tensor:
    """Σ a xᵀ: (…, steps, rows) and (…, steps, features) -> (…, rows, features).

    Args:
        block: So many terms are added up one by one, as a product with a matrix does; a sum adds several at a time.
    """
    axis = len(x.shape) - 2
    if shape_unknown(x, axis) or (x.shape[axis] is not None and x.shape[axis] <= block):
        return kops.matmul(kops.swapaxes(a, -1, -2), x)
    a, x = (blocks(t, axis, block) for t in (a, x))
    return sum_steps(kops.matmul(kops.swapaxes(a, -1, -2), x), axis)


def max_steps(x: Tensor, axis: int = 1) -> Tensor:
    """The greatest along an axis, −∞ of none, NaN if one is NaN: (batch, steps, …) -> (batch, …).

    Elements that tie share the gradient.
    """
    return _shared_max(x, axis) if is_fused() else _max(x, axis)


def sum_all(summands: Sequence[Tensor]) -> Tensor:
    """Their sum, half by half."""
    return sum_pairs(iter(summands), len(summands))


def max_all(values: Sequence[Tensor]) -> Tensor:
    """The greatest of them, NaN where one is NaN."""
    return functools.reduce(_greater if is_fused() else kops.maximum, values)


def _greater(a: Tensor, b: Tensor) -> Tensor:
    """max(a, b); XLA's (TF 2.21, CPU) is a where b is NaN."""
    return kops.where(kops.logical_or(a >= b, kops.isnan(a)), a, b)


def _shared_max(x: Tensor, axis: int) -> Tensor:
    """The same with its gradient: XLA's own is three times as slow."""

    @kops.custom_gradient
    def shared_max(x: Tensor) -> tuple[Tensor, Callable[[Tensor], Tensor]]:
        y = x
        for size in (_GROUP, 2 * _GROUP):  # more than XLA joins with what made them
            y = _grouped(y, axis, max_all, size)
        y = _max(y, axis)

        def shared(upstream: Tensor) -> Tensor:
            chosen = x == kops.expand_dims(y, axis)
            ties = sum_steps(kops.cast(chosen, x.dtype), axis)
            return kops.where(chosen, kops.expand_dims(divide(upstream, ties), axis), kops.zeros_like(x))

        return y, shared

    return shared_max(x)


def _max(x: Tensor, axis: int) -> Tensor:
    nan = kops.any(kops.isnan(x), axis=axis)  # XLA's reduction loses it (TF 2.21)
    return kops.where(nan, float("nan"), greatest(x, axis))


def blocks(x: Tensor, axis: int, size: int = BLOCK) -> Tensor:
    """(…, steps, …) -> (…, blocks, size, …), zeros behind the last step."""
    shape = kops.shape(x)
    missing = ceil_divide(shape[axis], size) * size - shape[axis]
    if x.shape[axis] is None or missing:
        x = kops.pad(x, [[0, missing if i == axis else 0] for i in range(len(shape))])
    return reshape_examples(x, (*shape[:axis], (shape[axis] + missing) // size, size, *shape[axis + 1 :]))


def sum_pairs(summands: Iterator[Tensor], n: int) -> Tensor:
    """The sum of the next n, half by half: one running sum errs by up to n eps, this one by up to log n."""
    if n == 1:
        return next(summands)
    former = sum_pairs(summands, n // 2)
    # operator +: keras.ops.add (3.15.1) takes (0, 1, features) for a bias and fails
    return former + sum_pairs(summands, n - n // 2)


def _grouped(x: Tensor, axis: int, join: Callable[[Sequence[Tensor]], Tensor], size: int = _GROUP) -> Tensor:
    """Groups of neighbours joined into one each; those behind the last whole group stay as they are."""
    shape = kops.shape(x)
    groups = shape[axis] // size
    if isinstance(groups, int) and groups < 2:
        return x
    before = (slice(None),) * axis
    whole = reshape(x[(*before, slice(groups * size))], (*shape[:axis], groups, size, *shape[axis + 1 :]))
    joined = join(kops.unstack(whole, size, axis=axis + 1))
    rest = x[(*before, slice(groups * size, None))]
    return joined if rest.shape[axis] == 0 else kops.concatenate([joined, rest], axis=axis)
