"""Resampling of what is known at the positions of one grid, to those of another, and what smooths it before."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Literal

import numpy as np
from keras import ops

from kpool.ops.matrices import matmul
from kpool.ops.tensors import Tensor, reshape

Kernel = Literal["bicubic", "bilinear"]


def binomial(sizes: list[int]) -> np.ndarray:
    """The product of C(n − 1, i) / 2ⁿ⁻¹ along axes of n positions, (places, 1), row by row; it sums to 1."""
    rows = [np.array([math.comb(n - 1, i) / 2 ** (n - 1) for i in range(n)]) for n in sizes]
    return functools.reduce(np.multiply.outer, rows).reshape(-1, 1)


def resample(x: Tensor, occupied: Tensor, kernel: Kernel) -> Tensor:
    """Resample the first position axis to the occupied positions of another, and put it behind the other axes.

    Positions that are not occupied are as if they were not there. Where they are fewer, what they get is smoothed, as
    by jax.image.resize and by PyTorch with antialias=True; bicubic has a = −1/2. Once for each axis, in order:
    (batch or 1, length, *others, features) and 0 or 1 of (batch or 1, positions) -> (batch or 1, *others, positions,
    features).
    """
    rows, length, *others, features = ops.shape(x)
    mixed = matmul(_shares(occupied, length, _KERNELS[kernel]), reshape(x, (rows, length, -1)))
    return ops.moveaxis(reshape(mixed, (*ops.shape(mixed)[:2], *others, features)), 1, -2)


def _shares(occupied: Tensor, length: int, kernel: Callable[[Tensor], Tensor]) -> Tensor:
    """What each of the `length` positions gives to each of the others: (batch, positions, length)."""
    number = ops.maximum(ops.sum(occupied, axis=-1, keepdims=True), 1)
    place = ops.maximum(ops.cumsum(occupied, axis=-1), 1) - 0.5
    apart = ops.expand_dims(place * length / number - 0.5, -1) - ops.arange(length, dtype=occupied.dtype)
    shares = kernel(ops.abs(apart) / ops.expand_dims(ops.maximum(length / number, 1), -1))
    return shares / ops.sum(shares, axis=-1, keepdims=True)


def _triangle(t: Tensor) -> Tensor:
    return ops.maximum(1 - t, 0)


def _cubic(t: Tensor) -> Tensor:
    """Keys's kernel with a = −1/2."""
    near, far = (1.5 * t - 2.5) * t * t + 1, ((-0.5 * t + 2.5) * t - 4) * t + 2
    return ops.where(t < 1, near, ops.where(t < 2, far, ops.zeros_like(t)))


_KERNELS = {"bicubic": _cubic, "bilinear": _triangle}
