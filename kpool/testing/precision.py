"""Precision: half inputs are summed in float32, and float32 does not lose digits on the way."""

from __future__ import annotations

import keras
import numpy as np

from kpool.pipe import Pipe
from kpool.pooling import Pooling
from kpool.testing import run
from kpool.testing.check import check
from kpool.testing.compare import Array, hold, near, rounded, shown, size, ulp
from kpool.testing.target import Target

_ROWS = {16: 64, 512: 48, 16384: 2}
_HALF = ("float16", "bfloat16")
_CASES = {f"{dtype}, {steps} steps": (dtype, steps) for steps in (16, 512) for dtype in _HALF}
_CASES["bfloat16, 16384 steps"] = ("bfloat16", 16384)


def _computes_in_half(target: Target) -> str:
    """A pipe's stages, as Dense, compute in the half dtype by themselves; so a pool is checked without them."""
    layer = target.layer()
    stages = [inner.name for inner in layer._flatten_layers() if not isinstance(inner, (Pooling, Pipe, type(layer)))]
    if target.is_pooling or not stages:
        return ""
    return f"its {', '.join(stages)} compute in half precision by themselves"


@check(
    "Half-precision sums overflow or lose digits: counts stop at 2048, means become inf.",
    cases=tuple(_CASES),
    unless=_computes_in_half,
)
def half_precision(target: Target, case: str) -> str:
    """At least 99.9 % of the answers are the correctly rounded ones, and no other is worse than the next number."""
    return _half(target, *_CASES[case], masked=False)


@check(
    "The same with a mask, whose count must not be kept in half precision.",
    cases=tuple(_CASES),
    unless=_computes_in_half,
)
def half_precision_masked(target: Target, case: str) -> str:
    return _half(target, *_CASES[case], masked=True)


@check("Long float32 sums lose digits, one by one.", cases=("16 steps", "512 steps"))
def float32_precision(target: Target, case: str) -> str:
    x, mask, expected = _exact(target, "float32", int(case.split()[0]), masked=True)
    layer = target.layer(rank=target.rank, features=8 * target.features)
    return near(run.call(layer, x, mask), expected, "float32 and float64", units=4)


def _half(target: Target, dtype: str, steps: int, *, masked: bool) -> str:
    x, mask, expected = _exact(target, dtype, steps, masked=masked)
    layer = target.layer(f"mixed_{dtype}", features=8 * target.features)
    given = run.call(layer, keras.ops.cast(x, dtype), mask).astype("float64")
    units, correct = _judged(given, expected, dtype)
    wrong, allowed = int((~correct).sum()), 1 + given.size // 1000
    noted = f"{wrong} of {given.size} not correctly rounded, worst {units.max():.2f} ulp"
    hold(wrong <= allowed, f"{noted}; {allowed} allowed{shown(given, expected)}")
    hold(units.max() <= 1, f"{noted}; 1 ulp allowed{shown(given, expected)}")
    return noted


def _judged(given: Array, expected: Array, dtype: str) -> tuple[Array, Array]:
    """The error in ulp, and whether it is the correctly rounded answer.

    An answer that happens to be near 0, as an average of both signs may be, is judged by the size of its feature:
    float32's own error there is no smaller.
    """
    unit = ulp(expected, dtype)
    own = 16 * 2.0**-24 * np.broadcast_to(size(expected), expected.shape)
    with np.errstate(invalid="ignore"):
        nearest = rounded(expected, dtype)
        error = np.where(given == nearest, 0.0, np.abs(given - nearest))
        small = np.abs(expected) < size(expected) / 64
        correct = (given == nearest) | (small & (np.abs(given - expected) <= 0.5 * unit + own))
    return np.where(correct, 0.0, np.nan_to_num(error / unit, nan=np.inf)), correct


def _exact(target: Target, dtype: str, steps: int, *, masked: bool) -> tuple[Array, Array | None, Array]:
    """An input that the dtype can hold, its mask, and the answer in float64."""
    features = 8 * target.features
    positions = (steps,) if target.rank == 3 else (steps // 4, 4, *[1] * (target.rank - 4))
    batch = target.batch(rows=_ROWS[steps], positions=positions, features=features)
    x = rounded(batch.x.astype("float64"), dtype)
    mask = batch.mask if masked else None
    return x.astype("float32"), mask, run.call(target.layer("float64", features=features), x, mask)
