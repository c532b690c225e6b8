"""y = Re of the transform, shifted to its centre, cropped to the answer's size and taken back"""

from __future__ import annotations

import numpy as np
import pytest

from kpool_plugins.vision.flc import FLCPooling

RNG = np.random.default_rng(0)


def oracle(x: np.ndarray, sizes: tuple[int, ...]) -> np.ndarray:
    """As the authors write it for halves, with NumPy's transform."""
    axes = tuple(range(1, x.ndim - 1))
    centred = np.fft.fftshift(np.fft.fftn(x, axes=axes, norm="forward"), axes=axes)
    for axis, size in zip(axes, sizes, strict=True):
        start = x.shape[axis] // 2 - size // 2
        centred = np.take(centred, range(start, start + size), axis=axis)
    return np.fft.ifftn(np.fft.ifftshift(centred, axes=axes), axes=axes, norm="forward").real


@pytest.mark.parametrize(
    ("shape", "over"),
    [
        pytest.param((8,), "window(2)", id="1-D"),
        pytest.param((8, 12), "window(2)", id="halves, as in the paper"),
        pytest.param((9, 7), "window(2)", id="odd"),
        pytest.param((9, 8), "window(3, strides=2, padding=same)", id="overlapping"),
        pytest.param((4, 6, 8), "window(2)", id="3-D"),
        pytest.param((1030, 4), "window(2)", id="long: by the fast transform"),
    ],
)
def test_follows_the_formula(shape: tuple[int, ...], over: str) -> None:
    x = RNG.normal(size=(2, *shape, 3))
    given = np.asarray(FLCPooling(over=over, dtype="float64")(x))
    np.testing.assert_allclose(given, oracle(x, given.shape[1:-1]), rtol=1e-10, atol=1e-12)


def test_the_shift_of_a_slow_map_is_the_shift_of_its_answer() -> None:
    """No alias: but for the answer's own Nyquist frequency, shifts by two positions and by one answer are the same."""
    x = RNG.normal(size=(1, 16, 16, 2))
    layer = FLCPooling(dtype="float64")
    given = layer(np.roll(x, 2, axis=1))
    np.testing.assert_allclose(given, np.roll(layer(x), 1, axis=1), rtol=1e-10, atol=1e-12)
