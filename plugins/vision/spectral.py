"""The lowest frequencies of a map."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from keras import ops as kops

import kpool
from kpool.bags import Bags
from kpool.ops import Tensor
from kpool.parameters import RegionSpec

_LONG = 256  # beyond which a product loses digits and costs more than the transform, which LiteRT and ONNX lack


class SpectralPooling(kpool.Pooling, name="spectral"):
    """Crops the Fourier transform of a map to the lowest frequencies, as many as the answer has positions.

    y_i = Σ_|k| ≤ n/2 X_k e^(2πi k i / n) / L,  X_k = Σ_t x_t e^(−2πi k t / L),  along every axis of L positions

    Each position of the answer depends on all of the map; of the windows only their number n along an axis matters,
    up to L. Where n is even, the frequency n/2 has half of X_(n/2) and half of X_(−n/2), so that y is real. A constant
    keeps its value (the paper's unitary transform gives it √(L/n) fold less). What does not count is 0. A weight only
    says whether an element counts.

    Args:
        over: The windows, which say how many positions the answer has.

    Shape: (batch, *positions, features) -> (batch, *grid, features)
    Empty: 0, for a window in which nothing counts.
    Source: Rippel et al. 2015, arXiv:1506.03767, sec. 3.1, without frequency dropout.
    """

    permutation_invariant = False
    mergeable = False
    only_over = ("window",)
    weights_repeat = False

    def __init__(self, over: RegionSpec = "window(2)", **kwargs: Any) -> None:
        super().__init__(over=over, **kwargs)

    def pool(self, bags: Bags) -> Tensor:
        y = bags.elements
        for axis in range(1, bags.axis):
            size, length = kops.shape(bags.size)[axis], kops.shape(y)[axis]
            if isinstance(size, int) and isinstance(length, int) and length > _LONG:
                y = kops.moveaxis(_fast(kops.moveaxis(y, axis, -1), size, length), -1, axis)
                continue
            matrix = kops.cast(resampling(size, length), y.dtype)
            y = kops.moveaxis(kops.tensordot(matrix, y, axes=[[1], [axis]]), 0, axis)
        return y


def _fast(x: Tensor, size: int, length: int) -> Tensor:
    real, imaginary = (part[..., : size // 2 + 1] for part in kops.rfft(x))
    return kops.irfft((real, imaginary), fft_length=size) * (size / length)


def resampling(size: int | Tensor, length: int | Tensor) -> Any:
    """What takes `length` positions to `size` by way of their lowest frequencies: (size, length) in float64.

    Angles are reduced while they are whole numbers, and in NumPy where the lengths are known.
    """
    known = isinstance(size, int) and isinstance(length, int)
    xp, number = (np, np.asarray) if known else (kops, kops.convert_to_tensor)
    size, length = number(size, "int64"), number(length, "int64")
    k = xp.arange(size // 2 + 1)
    share = number(k > 0, "float64") + number(2 * k < size, "float64")
    to, back = (
        number((xp.arange(n)[:, None] * k) % n, "float64") * (2 * math.pi / number(n, "float64"))
        for n in (size, length)
    )
    waves = xp.matmul(xp.cos(to) * share, xp.transpose(xp.cos(back))) + xp.matmul(
        xp.sin(to) * share, xp.transpose(xp.sin(back))
    )
    return waves / number(length, "float64")
