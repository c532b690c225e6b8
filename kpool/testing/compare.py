"""How near two answers are, in units of the last place."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

# Of each dtype: the spacing of its numbers at 1, its least normal exponent, its largest number.
_FORMATS = {
    "float16": (2.0**-10, -14, 65504.0),
    "bfloat16": (2.0**-7, -126, 3.3895313892515355e38),
    "float32": (2.0**-23, -126, 3.4028234663852886e38),
    "float64": (2.0**-52, -1022, 1.7976931348623157e308),
}


def hold(condition: Any, message: str) -> None:
    """Assert, under `python -O` too."""
    if not condition:
        raise AssertionError(message)


def as_array(x: Any) -> Array:
    """A tensor as NumPy; what NumPy has no name for (bfloat16) as float32."""
    if keras.backend.standardize_dtype(x.dtype) == "bfloat16":
        x = keras.ops.cast(x, "float32")
    return np.asarray(keras.ops.convert_to_numpy(x))


def ulp(x: Array, dtype: str) -> Array:
    """The spacing of a dtype's numbers at |x|."""
    eps, least, _ = _FORMATS[dtype]
    magnitude = np.where(np.isfinite(x), np.abs(x), 0).astype("float64")
    exponent = np.maximum(np.floor(np.log2(np.where(magnitude > 0, magnitude, 2.0**least))), least)
    return np.asarray(np.exp2(exponent) * eps)


def rounded(x: Array, dtype: str) -> Array:
    """The number of a dtype that is nearest to x."""
    unit, largest = ulp(x, dtype), _FORMATS[dtype][2]
    with np.errstate(invalid="ignore"):
        nearest = np.where(np.isfinite(x), np.round(x / unit) * unit, x)
    return np.asarray(np.where(np.abs(nearest) > largest, np.copysign(np.inf, nearest), nearest))


def size(x: Array) -> Array:
    """The largest |x| of each feature: what an answer that happens to be near 0 is judged by."""
    return np.asarray(np.max(np.abs(x), axis=tuple(range(x.ndim - 1)), initial=0.0))


def distance(given: Array, expected: Array, dtype: str = "float32", terms: Array | None = None) -> float:
    """The largest error, in eps of `dtype` times the largest expected value of the feature, or the largest term."""
    hold(given.shape == expected.shape, f"shape {given.shape} instead of {expected.shape}")
    error = np.abs(given.astype("float64") - expected.astype("float64"))
    if not error.size:
        return 0.0
    least = 0.0 if terms is None else np.abs(terms).max(initial=0.0)
    unit = np.broadcast_to(np.maximum(size(expected), least) * _FORMATS[dtype][0], error.shape)
    same = (given == expected) | (np.isnan(given) & np.isnan(expected))
    with np.errstate(divide="ignore", invalid="ignore"):
        units = np.where(same, 0.0, np.where(error == 0, 0.0, error / unit))
    return float(np.inf) if np.isnan(units).any() else float(units.max())


def near(
    given: Array, expected: Array, what: str, *, units: float, dtype: str = "float32", terms: Array | None = None
) -> str:
    """Hold `given` to `expected`; says how far apart they are.

    `terms` are what is summed: cancellation cannot leave a smaller error than theirs.
    """
    apart = distance(given, expected, dtype, terms)
    if apart > units:
        raise AssertionError(f"{what}: {apart:.3g} eps apart, {units:g} allowed{shown(given, expected)}")
    return f"{apart:.2g} eps"


def same(given: Array, expected: Array, what: str) -> None:
    """Hold `given` to `expected`, bit for bit (NaN equals NaN)."""
    hold(given.shape == expected.shape, f"{what}: shape {given.shape} instead of {expected.shape}")
    if not np.array_equal(given, expected, equal_nan=True):
        raise AssertionError(f"{what}{shown(given, expected)}")


def finite(x: Array, what: str) -> None:
    hold(np.isfinite(x).all(), f"{what}: {int((~np.isfinite(x)).sum())} of {x.size} values are NaN or infinite")


def shown(given: Array, expected: Array) -> str:
    """The place where two arrays differ the most."""
    with np.errstate(invalid="ignore"):
        error = np.abs(given.astype("float64") - expected.astype("float64"))
    error = np.where((given == expected) | (np.isnan(given) & np.isnan(expected)), -1.0, error)
    at = np.unravel_index(np.argmax(np.where(np.isnan(error), np.inf, error)), error.shape)
    place = ", ".join(str(int(i)) for i in at)
    return f"; at [{place}] it gives {given[at]:.9g}, expected {expected[at]:.9g}"
