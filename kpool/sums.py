"""Long sums that keep their digits."""

from __future__ import annotations

from collections.abc import Iterator

from keras import ops as kops

from kpool.ops import Tensor

_BLOCK = 64


def sum_steps(x: Tensor) -> Tensor:
    """The sum over axis 1, in blocks: (batch, steps, …) -> (batch, …).

    One running sum over T steps errs by up to T eps; three levels of blocks err by about 1 eps up to T = 262,144.
    Zeros appended on the right leave every block as it was, so right padding changes no bit.
    """
    for _ in range(2):
        steps = x.shape[1]
        if steps is not None and steps <= _BLOCK:
            return kops.sum(x, axis=1)
        # The maximum changes nothing, but parts the levels: XLA would fold them into one running sum
        x = kops.maximum(kops.sum(_blocks(x), axis=2), -float("inf"))
    return kops.sum(x, axis=1)


def _blocks(x: Tensor) -> Tensor:
    """(batch, steps, …) -> (batch, blocks, 64, …), zeros behind the last step."""
    batch, steps, *rest = kops.shape(x)
    missing = -steps % _BLOCK
    if x.shape[1] is None or missing:
        x = kops.pad(x, [[0, 0], [0, missing], *([0, 0] for _ in rest)])
    return kops.reshape(x, (batch, (steps + missing) // _BLOCK, _BLOCK, *rest))


def sum_pairs(summands: Iterator[Tensor], n: int) -> Tensor:
    """The sum of the next n, half by half: one running sum errs by up to n eps, this one by up to log n."""
    if n == 1:
        return next(summands)
    former = sum_pairs(summands, n // 2)
    # operator +: keras.ops.add (3.15.1) takes (0, 1, features) for a bias and fails
    return former + sum_pairs(summands, n - n // 2)
