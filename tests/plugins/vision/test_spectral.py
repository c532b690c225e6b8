"""y_i = Σ_|k| ≤ n/2 X_k e^(2πi k i / n) / L,  X_k = Σ_t x_t e^(−2πi k t / L)"""

from __future__ import annotations

import numpy as np
import pytest

from kpool_plugins.vision.spectral import SpectralPooling

X = np.random.default_rng(0).normal(size=(2, 9, 8, 3))


def cropped(x: np.ndarray, size: int, axis: int) -> np.ndarray:
    """By NumPy's transform, the Nyquist frequency made real."""
    half = np.moveaxis(np.fft.rfft(x, axis=axis), axis, -1)[..., : size // 2 + 1]
    if size % 2 == 0:
        half[..., -1] = half[..., -1].real
    return np.moveaxis(np.fft.irfft(half, size, axis=-1) * size / x.shape[axis], -1, axis)


@pytest.mark.parametrize("over", ["window(2)", "window(3)", "window(3, strides=2, padding=same)", "window([2, 8])"])
def test_follows_the_formula(over: str) -> None:
    given = np.asarray(SpectralPooling(over=over, dtype="float64")(X))
    expected = cropped(cropped(X, given.shape[1], 1), given.shape[2], 2)
    np.testing.assert_allclose(given, expected, rtol=1e-10, atol=1e-12)


def test_as_many_frequencies_as_positions_change_nothing() -> None:
    np.testing.assert_allclose(SpectralPooling(over="window(1)", dtype="float64")(X), X, rtol=1e-10, atol=1e-12)


def test_one_frequency_is_the_mean() -> None:
    given = SpectralPooling(over="window([9, 8])", dtype="float64")(X)
    np.testing.assert_allclose(np.asarray(given)[:, 0, 0], X.mean(axis=(1, 2)), rtol=1e-10)


def test_a_slow_wave_is_sampled_exactly() -> None:
    t = np.arange(32) / 32
    wave = (np.cos(2 * np.pi * 3 * t) + np.sin(2 * np.pi * 5 * t)).reshape(1, 32, 1)
    np.testing.assert_allclose(SpectralPooling(dtype="float64")(wave), wave[:, ::2], atol=1e-12)
    fast = np.cos(2 * np.pi * 11 * t).reshape(1, 32, 1)
    np.testing.assert_allclose(SpectralPooling(dtype="float64")(fast), np.zeros((1, 16, 1)), atol=1e-12)


@pytest.mark.parametrize("size", [2, 3])
def test_a_long_axis_takes_the_fast_transform(size: int) -> None:
    x = np.random.default_rng(0).normal(size=(2, 1032, 3))
    given = SpectralPooling(over=f"window({size})", dtype="float64")(x)
    np.testing.assert_allclose(given, cropped(x, 1032 // size, 1), rtol=1e-10, atol=1e-12)
