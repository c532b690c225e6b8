"""Long sums that keep their digits."""

from __future__ import annotations

from collections.abc import Iterator

from keras import ops as kops

from kpool.ops import Tensor

BLOCK = 64


def sum_steps(x: Tensor, axis: int = 1) -> Tensor:
    """The sum over an axis, in blocks: (batch, steps, …) -> (batch, …).

    One running sum over T steps errs by up to T eps; three levels of blocks err by about 1 eps up to T = 262,144.
    Zeros appended on the right leave every block as it was, so right padding changes no bit.
    """
    for _ in range(2):
        steps = x.shape[axis]
        if steps is not None and steps <= BLOCK:
            return kops.sum(x, axis=axis)
        # The maximum changes nothing, but parts the levels: XLA would fold them into one running sum
        x = kops.maximum(kops.sum(blocks(x, axis), axis=axis + 1), -float("inf"))
    return kops.sum(x, axis=axis)


def blocks(x: Tensor, axis: int, size: int = BLOCK) -> Tensor:
    """(…, steps, …) -> (…, blocks, size, …), zeros behind the last step."""
    shape = kops.shape(x)
    missing = -shape[axis] % size
    if x.shape[axis] is None or missing:
        x = kops.pad(x, [[0, missing if i == axis else 0] for i in range(len(shape))])
    return kops.reshape(x, (*shape[:axis], (shape[axis] + missing) // size, size, *shape[axis + 1 :]))


def sum_pairs(summands: Iterator[Tensor], n: int) -> Tensor:
    """The sum of the next n, half by half: one running sum errs by up to n eps, this one by up to log n."""
    if n == 1:
        return next(summands)
    former = sum_pairs(summands, n // 2)
    # operator +: keras.ops.add (3.15.1) takes (0, 1, features) for a bias and fails
    return former + sum_pairs(summands, n - n // 2)
