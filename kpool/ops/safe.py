"""Functions that give neither NaN nor infinity for finite input, in values or in gradients.

A guarded function computes on a safe stand-in where its argument is out of bounds, and only then chooses: choosing
alone leaves 0 · ∞ = NaN in the gradient.
"""

from __future__ import annotations

from collections.abc import Callable

import keras
from keras import ops

from kpool.ops.tensors import Tensor, is_fused

_BITS = {"float32": ("int32", 127 << 23), "float64": ("int64", 1023 << 52)}
_LEAST = {"float32": 2.0**-126, "float64": 2.0**-1022}


def where_expanded(condition: Tensor, x: Tensor, otherwise: float) -> Tensor:
    """`x` where the condition holds; the condition has the leading axes of `x`. None holds everywhere."""
    return x if condition is None else fill_gaps(gaps(condition, x.dtype), x, otherwise)


def gaps(condition: Tensor, dtype: str) -> Tensor:
    """0 where the condition holds, NaN elsewhere."""
    return 0.0 / ops.cast(condition, dtype)


def fill_gaps(gaps: Tensor, x: Tensor, otherwise: float) -> Tensor:
    """`x`, with something else in the gaps, which have its leading axes; None has none.

    Chosen by a NaN: tf2onnx (1.17) makes c · x + (1 − c) · y of any other choice, and that is NaN where the x not
    chosen is infinite.
    """
    return x if gaps is None else ops.where(ops.isnan(expand(gaps, x)), ops.cast(otherwise, x.dtype), x)


def expand(x: Tensor, like: Tensor) -> Tensor:
    """`x` with axes of length 1 added behind, up to the rank of `like`."""
    for _ in range(len(like.shape) - len(x.shape)):
        x = ops.expand_dims(x, -1)
    return x


def divide(x: Tensor, y: Tensor) -> Tensor:
    """x / y, and 0 (with gradient 0) where y is 0, or nearer to it than the least normal number.

    What is so small the CPU is told to take for 0 by TensorFlow and by XLA, not by PyTorch: 1/y overflows by less.
    """
    least = least_normal(y)
    zero = ops.abs(y) < least if least else ops.equal(y, 0)  # not `>=` turned round: NaN must come out as NaN
    return ops.where(zero, ops.zeros_like(x), _quotient(x, ops.where(zero, ops.ones_like(y), y)))


def _quotient(x: Tensor, y: Tensor) -> Tensor:
    """x / y. XLA's derived gradient (TF 2.21), and JAX's (0.10), has y² in it: 0 or ∞ for a y of 10⁻²⁰ or 10²⁰."""
    symbolic = isinstance(x, keras.KerasTensor) or isinstance(y, keras.KerasTensor)
    if symbolic or not (is_fused() or keras.backend.backend() == "jax"):
        return x / y

    @ops.custom_gradient
    def quotient(x: Tensor, y: Tensor) -> tuple[Tensor, Callable[[Tensor], tuple[Tensor, Tensor]]]:
        q = x / y

        def gradient(upstream: Tensor) -> tuple[Tensor, Tensor]:
            of_x = upstream / y
            return of_x, -q * of_x

        return q, gradient

    return quotient(x + ops.zeros_like(y), y + ops.zeros_like(x)) if x.shape != y.shape else quotient(x, y)


def sqrt(x: Tensor) -> Tensor:
    """√x, and 0 (with gradient 0) where x ≤ 0, or below the least normal number, as for divide."""
    return _where_positive(x, ops.sqrt, least_normal(x))


def log(x: Tensor) -> Tensor:
    """log x, and 0 (with gradient 0) where x ≤ 0."""
    return _where_positive(x, ops.log)


def expm1(x: Tensor) -> Tensor:
    """eˣ − 1: tanh(x/2) (eˣ + 1), which cancels nothing. Of keras.ops.expm1, tf2onnx (1.17) knows nothing.

    Beside an eˣ that is there already XLA's tanh takes three times as long as the series near 0, where eˣ − 1 cancels.
    """
    if not is_fused():
        return ops.tanh(x / 2) * (ops.exp(x) + 1)
    near = ops.abs(x) < 0.25
    return ops.where(near, _expm1_series(ops.where(near, x, ops.zeros_like(x))), ops.exp(x) - 1)


def _expm1_series(x: Tensor) -> Tensor:
    """The same for |x| < 1/4: x + x²/2! + x³/3! + …, to the last digit."""
    terms = 12 if keras.backend.standardize_dtype(x.dtype) == "float64" else 6
    series = ops.ones_like(x)
    for k in reversed(range(2, terms + 1)):
        series = 1 + (1 / k) * x * series
    return x * series


def log1p(x: Tensor) -> Tensor:
    """log(1 + x) for |x| ≤ 1/2: the series of 2 artanh z, z = x / (2 + x), to the last digit. As for expm1."""
    terms = 18 if keras.backend.standardize_dtype(x.dtype) == "float64" else 9
    z = x / (2 + x)
    series = ops.zeros_like(z)
    for k in reversed(range(terms)):
        series = series * (z * z) + 1 / (2 * k + 1)
    return 2 * z * series


def power(x: Tensor, p: Tensor | float) -> Tensor:
    """x^p for x > 0, and 0 (with gradient 0) where x ≤ 0; whole p up to 8 by multiplication."""
    if is_whole(p):
        return _whole_power(ops.where(x <= 0, ops.zeros_like(x), x), int(p))
    return _where_positive(x, lambda positive: ops.power(positive, p))


def root(x: Tensor, p: Tensor | float) -> Tensor:
    """x^(1/p) for x > 0, and 0 (with gradient 0) where x ≤ 0.

    Under XLA, whose power takes three times as long, as e^(log x / p), which errs by another eps for each e that the
    root is away from 1; for whole p by Newton's steps, which do not.
    """
    if is_whole(p) and p == 2:
        return sqrt(x)
    if not is_fused():
        return power(x, 1 / p)
    if is_whole(p):
        return _where_positive(x, lambda positive: _newton_root(positive, int(p)))
    return _where_positive(x, lambda positive: ops.exp(ops.log(positive) / p))


def _newton_root(x: Tensor, p: int) -> Tensor:
    if p == 1:
        return x

    @ops.custom_gradient
    def root(x: Tensor) -> tuple[Tensor, Callable[[Tensor], Tensor]]:
        finite = ops.isfinite(x)
        y = _near_root(x, p)
        for _ in range(5 if y.dtype == "float64" else 4):
            y = y + (x / _whole_power(y, p - 1) - y) / p

        def gradient(upstream: Tensor) -> Tensor:
            slope = _newton_root(ops.where(finite, x, ops.ones_like(x)), p) / (p * x)
            return ops.where(finite, upstream * slope, ops.zeros_like(x))

        return ops.where(finite, y, x), gradient

    return root(x)


def _near_root(x: Tensor, p: int) -> Tensor:
    """x^(1/p) to within 8 %: as a whole number, the bits of a float are all but a multiple of its logarithm."""
    import tensorflow as tf

    whole, one = _BITS[keras.backend.standardize_dtype(x.dtype)]
    bits = ops.cast(tf.bitcast(x, whole), x.dtype)
    return tf.bitcast(ops.cast(bits / p + (1 - 1 / p) * one, whole), x.dtype)


def is_whole(p: Tensor | float) -> bool:
    """Whether a power is a constant that a few products make."""
    return isinstance(p, (int, float)) and p == int(p) and 1 <= p <= 8


def least_normal(x: Tensor) -> float:
    """The least normal number of `x`'s dtype, if it is one that sums are kept in; 0 of any other."""
    return _LEAST.get(keras.backend.standardize_dtype(x.dtype), 0.0)


def _where_positive(x: Tensor, function: Callable[[Tensor], Tensor], least: float = 0.0) -> Tensor:
    outside = x < least if least else x <= 0  # not `x > 0` turned round: NaN must come out as NaN
    y = function(ops.where(outside, ops.ones_like(x), x))
    return ops.where(outside, ops.zeros_like(y), y)


def _whole_power(x: Tensor, p: int) -> Tensor:
    if p == 1:
        return x
    half = _whole_power(x, p // 2)
    return half * half * x if p % 2 else half * half


def finite_or_zero(x: Tensor) -> Tensor:
    """`x` without gradient, 0 where it is not finite: the shift of a softmax, whatever the bag holds."""
    x = ops.stop_gradient(x)
    return where_expanded(ops.isfinite(x), x, 0.0)
