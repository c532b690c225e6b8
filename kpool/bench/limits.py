"""The limit: what reading the input takes, and writing what must be written, in the fastest mode there is.

Where a pooling multiplies its input with a matrix, that product is a part of it: it is bound by arithmetic, not by
memory, and would hide what pooling takes.
"""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Sequence
from typing import Any

import keras
from keras import ops as kops

from kpool.bench.backend import Function
from kpool.region.base import Shape

WIDE = 5
"""So many columns at least make a product that is counted; with fewer it is one more sum."""

WRITES_LITTLE = 16
"""An answer that is smaller than the input by more than this factor takes no time to write."""


def read(shape: Shape, answer: Shape) -> Function:
    """A sum over the positions; where the answer keeps a fair part of them, of as many neighbours as make one of it."""
    positions = range(1, len(shape) - 1)
    steps = [max(1, shape[axis] // answer[axis]) for axis in positions] if len(answer) == len(shape) else []  # type: ignore[operator]
    if not steps or math.prod(steps) > WRITES_LITTLE:
        return lambda x: kops.sum(x, axis=tuple(positions))
    if math.prod(steps) == 1:
        return read_and_write

    def neighbours(x: Any) -> Any:
        starts = itertools.product(*map(range, steps))
        return functools.reduce(lambda a, b: a + b, (x[_every(start, steps, answer[1:-1])] for start in starts))

    return neighbours


def widths(layer: keras.layers.Layer, features: int) -> tuple[int, ...]:
    """The columns of the matrices that a layer multiplies its input with."""
    found = (w.shape[1] for w in layer.weights if len(w.shape) == 2 and w.shape[0] == features)
    return tuple(n for n in found if n >= WIDE)


def with_products(function: Function, matrices: Sequence[Any], gradients: bool) -> Function:
    """The same, and the products of the input with matrices; with gradients, those that its and theirs take too."""

    def multiplied(x: Any) -> list[Any]:
        flat = kops.reshape(x, (-1, x.shape[-1]))
        products = [kops.matmul(flat, kops.cast(w, x.dtype)) for w in matrices]
        if not gradients:
            return [function(x), *products]
        of_x = (kops.matmul(y, kops.cast(kops.transpose(w), x.dtype)) for y, w in zip(products, matrices, strict=True))
        of_matrices = [kops.matmul(kops.transpose(flat), y) for y in products]
        return [function(x) + kops.reshape(sum(of_x), x.shape), *of_matrices]

    return multiplied


def _every(start: Sequence[int], steps: Sequence[int], sizes: Shape) -> tuple[slice, ...]:
    """The index of so many elements along each position axis, from a start and so far apart."""
    along = zip(start, steps, sizes, strict=True)
    return (slice(None), *(slice(at, step * size, step) for at, step, size in along))  # type: ignore[operator]


def read_and_write(x: Any) -> Any:
    """x + x, which reads the input and writes as much: the limit of gradients."""
    return x + x
