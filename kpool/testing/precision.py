"""Precision: half inputs are summed in float32, and float32 does not lose digits on the way."""

from __future__ import annotations

import os
from typing import Any
from unittest import mock

import keras
import numpy as np

from kpool.combinators.base import Combinator
from kpool.pipe import Pipe
from kpool.pooling import Pooling
from kpool.testing import run
from kpool.testing.check import check
from kpool.testing.compare import Array, hold, rounded, shown, size, ulp
from kpool.testing.target import Target

_ROWS = {16: 64, 512: 48, 16384: 2}
_EAGER_STEPS = 512
_HALF = ("float16", "bfloat16")
_CASES = {f"{dtype}, {steps} steps": (dtype, steps) for steps in (16, 512) for dtype in _HALF}
_CASES["bfloat16, 16384 steps"] = ("bfloat16", 16384)


def _rounds_by_itself(target: Target) -> str:
    """Stages, as Dense, compute in the policy's dtype, and branches answer in it before they are joined."""
    layer = target.layer()
    inner = [part for part in layer._flatten_layers(include_self=False) if not isinstance(part, Pipe)]
    foreign = [part.name for part in inner if isinstance(layer, Combinator) or not isinstance(part, Pooling)]
    if target.is_pooling or not foreign:
        return ""
    return f"{', '.join(foreign)} in it round their answers by themselves; check them alone"


@check(
    "Half-precision sums overflow or lose digits: counts stop at 2048, means become inf.",
    cases=tuple(_CASES),
    unless=_rounds_by_itself,
)
def half_precision(target: Target, case: str) -> str:
    """99.9 % of the answers are the correctly rounded ones (99 % if `deep`), none is worse than the next number."""
    return _half(target, *_CASES[case], masked=False)


@check(
    "With a mask, half-precision sums and counts overflow or lose digits: a mean becomes inf or NaN.",
    cases=tuple(_CASES),
    unless=_rounds_by_itself,
)
def half_precision_masked(target: Target, case: str) -> str:
    return _half(target, *_CASES[case], masked=True)


@check("Long float32 sums lose digits, one by one.", cases=("16 steps", "512 steps"), unless=_rounds_by_itself)
def float32_precision(target: Target, case: str) -> str:
    """At most 4 eps, of the answer or of what eps in inputs and weights makes of it; 16 where the trait is `deep`."""
    x, mask, expected = _exact(target, "float32", int(case.split()[0]), masked=True)
    given = run.call(target.layer(features=8 * target.features), x, mask)
    unit = np.maximum(size(expected), _moved(target, x, mask, expected)) * 2.0**-23
    units = float(np.max(np.abs(given - expected) / np.where(unit > 0, unit, 2.0**-149)))
    allowed = 4 * target.depth
    hold(units <= allowed, f"float32 and float64 are {units:.3g} eps apart, {allowed} allowed{shown(given, expected)}")
    return f"{units:.2g} eps"


def _moved(target: Target, x: Array, mask: Array | None, expected: Array) -> Array:
    """How far the exact answer moves, for relative changes of inputs and weights by 1 of either sign: of 4, the rms."""
    exact, rng, step = target.layer("float64", features=8 * target.features), np.random.default_rng(target.seed), 1e-7
    weights, moves = exact.get_weights(), []
    for _ in range(4):
        exact.set_weights([_nudged(w, rng, step) for w in weights])
        moves.append(_uncompiled(exact, _nudged(x, rng, step), mask) - expected)
    exact.set_weights(weights)
    return np.asarray(np.sqrt(np.mean(np.square(moves), axis=0)) / step)


def _nudged(x: Array, rng: np.random.Generator, step: float) -> Array:
    """Relative changes of either sign; whole numbers, as a table of hashes has, stay."""
    return np.asarray(x * (1 + step * rng.choice([-1.0, 1.0], x.shape))) if x.dtype.kind == "f" else x


def _half(target: Target, dtype: str, steps: int, *, masked: bool) -> str:
    x, mask, expected = _exact(target, dtype, steps, masked=masked)
    layer = target.layer(f"mixed_{dtype}", features=8 * target.features)
    given = _call(layer, keras.ops.cast(x, dtype), mask).astype("float64")
    scale = size(expected)
    units, correct = _judged(given, expected, dtype, scale)
    if units.max() > 1:  # it may be near 0 and moved by more than its feature's size
        units, correct = _judged(given, expected, dtype, np.maximum(scale, _moved(target, x, mask, expected)))
    wrong, allowed = int((~correct).sum()), max(1, given.size // (100 if target.depth > 1 else 1000))
    noted = f"{wrong} of {given.size} not correctly rounded, worst {units.max():.2f} ulp"
    hold(wrong <= allowed, f"{noted}; {allowed} allowed{shown(given, expected)}")
    hold(units.max() <= 1, f"{noted}; 1 ulp allowed{shown(given, expected)}")
    return noted


def _judged(given: Array, expected: Array, dtype: str, scale: Array) -> tuple[Array, Array]:
    """The error in ulp, and whether it is the correctly rounded answer.

    Half-way between two numbers either will do, within float32's own error. An answer that happens to be near 0, as an
    average of both signs may be, is judged by `scale`, its feature's size: float32's own error there is no smaller.
    """
    unit = ulp(expected, dtype)
    with np.errstate(invalid="ignore"):
        nearest = rounded(expected, dtype)
        error = np.where(given == nearest, 0.0, np.abs(given - nearest))
        small = np.abs(expected) < scale / 64
        own = 2.0**-24 * np.where(small, 16 * scale, 4 * np.abs(expected))
        correct = (given == nearest) | (np.abs(given - expected) <= 0.5 * unit + own)
    return np.where(correct, 0.0, np.nan_to_num(error / unit, nan=np.inf)), correct


def _exact(target: Target, dtype: str, steps: int, *, masked: bool) -> tuple[Array, Array | None, Array]:
    """An input that the dtype can hold, its mask, and the answer in float64."""
    features = 8 * target.features
    positions = (steps,) if target.rank == 3 else (steps // 4, 4, *[1] * (target.rank - 4))
    batch = target.batch(rows=_ROWS[steps], positions=positions, features=features)
    x = rounded(batch.x.astype("float64"), dtype)
    mask = batch.mask if masked else None
    return x.astype("float32"), mask, _uncompiled(target.layer("float64", features=features), x, mask)


def _call(layer: keras.layers.Layer, x: Any, mask: Array | None) -> Array:
    return (run.call_in_graph if x.shape[1] > _EAGER_STEPS else run.call)(layer, x, mask)


def _uncompiled(layer: keras.layers.Layer, x: Any, mask: Array | None) -> Array:
    """The same, of a layer that is not called often enough to be worth compiling."""
    with mock.patch.dict(os.environ, KPOOL_COMPILE="0"):
        return _call(layer, x, mask)
