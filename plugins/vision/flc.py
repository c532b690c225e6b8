"""The low half of the frequencies."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from keras import ops as kops

import kpool
from kpool.bags import Bags
from kpool.ops import Tensor
from kpool.parameters import RegionSpec

Matrix = tuple[Any, Any]

_LONG = 256  # beyond which a product loses digits and costs more than the transform, which LiteRT and ONNX lack


class FLCPooling(kpool.Pooling, name="flc"):
    """Frequency low cut: strides without aliases, as all frequencies that the answer cannot hold are cut away before.

    y_i = Re Σ_{−n/2 ≤ k < n/2} X_k e^(2πi k i / n) / L,  X_k = Σ_t x_t e^(−2πi k t / L),  along every axis

    That is the transform shifted to its centre, cropped, taken back, and its real part. Each position of the answer
    depends on all of the map; of the windows only their number n along an axis of L positions matters, up to L. What
    does not count is 0. A weight only says whether an element counts.

    Args:
        over: The windows, which say how many positions the answer has: half of them in the paper.

    Shape: (batch, *positions, features) -> (batch, *grid, features)
    Empty: 0, for a window in which nothing counts.
    Source: Grabinski et al. 2022, arXiv:2204.00491, sec. 3.
    """

    permutation_invariant = False
    mergeable = False
    only_over = ("window",)
    weights_repeat = False

    def __init__(self, over: RegionSpec = "window(2)", **kwargs: Any) -> None:
        super().__init__(over=over, **kwargs)

    def pool(self, bags: Bags) -> Tensor:
        real, imaginary = bags.elements, kops.zeros_like(bags.elements)
        for axis in range(1, bags.axis):
            size, length = kops.shape(bags.size)[axis], kops.shape(real)[axis]
            if isinstance(size, int) and isinstance(length, int) and length > _LONG:
                parts = (kops.moveaxis(part, axis, -1) for part in (real, imaginary))
                real, imaginary = (kops.moveaxis(part, -1, axis) for part in _fast(*parts, size, length))
                continue
            a, b = (kops.cast(part, real.dtype) for part in low_cut(size, length))
            real, imaginary = (
                _along(axis, a, real) - _along(axis, b, imaginary),
                _along(axis, a, imaginary) + _along(axis, b, real),
            )
        return real


def _fast(real: Tensor, imaginary: Tensor, size: int, length: int) -> Matrix:
    kept = [
        kops.concatenate([part[..., : size - size // 2], part[..., length - size // 2 :]], axis=-1)
        for part in kops.fft((real, imaginary))
    ]
    real, imaginary = kops.fft((kept[0], -kept[1]))  # conj F(conj X): the transform back
    return real / length, -imaginary / length


def low_cut(size: int | Tensor, length: int | Tensor) -> Matrix:
    """What takes `length` positions to `size`: the real and the imaginary part, (size, length) in float64.

    Angles are reduced while they are whole numbers, and in NumPy where the lengths are known.
    """
    known = isinstance(size, int) and isinstance(length, int)
    xp, number = (np, np.asarray) if known else (kops, kops.convert_to_tensor)
    size, length = number(size, "int64"), number(length, "int64")
    k = xp.arange(size) - size // 2
    to, back = (
        number((xp.arange(n)[:, None] * k) % n, "float64") * (2 * math.pi / number(n, "float64"))
        for n in (size, length)
    )
    a, b, c, d = xp.cos(to), xp.sin(to), xp.transpose(xp.cos(back)), xp.transpose(xp.sin(back))
    total = number(length, "float64")
    return (xp.matmul(a, c) + xp.matmul(b, d)) / total, (xp.matmul(b, c) - xp.matmul(a, d)) / total


def _along(axis: int, matrix: Tensor, x: Tensor) -> Tensor:
    return kops.moveaxis(kops.tensordot(matrix, x, axes=[[1], [axis]]), 0, axis)
