"""Safe numerics, once: what every reduction and strategy relies on, written in keras.ops.

Nothing here gives NaN or infinity for finite input, in values or in gradients. A guarded function computes on a safe
stand-in where its argument is out of bounds, and only then chooses: choosing alone leaves 0 · ∞ = NaN in the gradient.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
from keras import ops

from kpool.errors import KpoolError, SpecError

Tensor = Any


def where_expanded(condition: Tensor, x: Tensor, otherwise: float) -> Tensor:
    """`x` where the condition holds; the condition has the leading axes of `x`. None holds everywhere."""
    if condition is None:
        return x
    return ops.where(expand(condition, x), x, ops.cast(otherwise, x.dtype))


def expand(x: Tensor, like: Tensor) -> Tensor:
    """`x` with axes of length 1 added behind, up to the rank of `like`."""
    for _ in range(len(like.shape) - len(x.shape)):
        x = ops.expand_dims(x, -1)
    return x


def divide(x: Tensor, y: Tensor) -> Tensor:
    """x / y, and 0 where y is 0."""
    nonzero = y != 0
    return ops.where(nonzero, x / ops.where(nonzero, y, ops.ones_like(y)), ops.zeros_like(x))


def sqrt(x: Tensor) -> Tensor:
    """√x, and 0 (with gradient 0) where x ≤ 0."""
    return _where_positive(x, ops.sqrt)


def log(x: Tensor) -> Tensor:
    """log x, and 0 (with gradient 0) where x ≤ 0."""
    return _where_positive(x, ops.log)


def expm1(x: Tensor) -> Tensor:
    """eˣ − 1 for x ≤ 0: tanh(x/2) (eˣ + 1), which cancels nothing. Of keras.ops.expm1, tf2onnx (1.17) knows nothing."""
    return ops.tanh(x / 2) * (ops.exp(x) + 1)


def log1p(x: Tensor) -> Tensor:
    """log(1 + x) for −1/2 ≤ x ≤ 0: the series of 2 artanh z, z = x / (2 + x), to the last digit. As for expm1."""
    terms = 18 if keras.backend.standardize_dtype(x.dtype) == "float64" else 9
    z = x / (2 + x)
    series = ops.zeros_like(z)
    for k in reversed(range(terms)):
        series = series * (z * z) + 1 / (2 * k + 1)
    return 2 * z * series


def power(x: Tensor, p: Tensor | float) -> Tensor:
    """x^p for x > 0, and 0 (with gradient 0) where x ≤ 0; whole p up to 8 by multiplication."""
    if isinstance(p, (int, float)) and p == int(p) and 1 <= p <= 8:
        return _whole_power(ops.where(x <= 0, ops.zeros_like(x), x), int(p))
    return _where_positive(x, lambda positive: ops.power(positive, p))


def _where_positive(x: Tensor, function: Callable[[Tensor], Tensor]) -> Tensor:
    outside = x <= 0  # not `x > 0` turned round: NaN must come out as NaN
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
    return ops.where(ops.isfinite(x), x, ops.zeros_like(x))


def largest(x: Tensor, k: int, axis: int) -> Tensor:
    """The k largest along an axis, in falling order; −∞ past its end, NaN if one is NaN (tf.math.top_k loses it)."""
    lined = ops.moveaxis(x, axis, -1)
    behind = [[0, 0]] * (len(lined.shape) - 1) + [[0, k]]
    top, _ = ops.top_k(ops.pad(lined, behind, constant_values=-float("inf")), k)
    return ops.where(ops.any(ops.isnan(x), axis=axis, keepdims=True), float("nan"), ops.moveaxis(top, -1, axis))


def take(x: Tensor, places: Tensor) -> Tensor:
    """Each row's elements at its own places: (batch, steps, …) and (batch, …) -> (batch, …, …)."""
    rows, steps = ops.shape(x)[:2]
    if x.shape[1] in (0, None):  # there must be something to take
        x, steps = ops.pad(x, [[0, 0], [0, 1], *([0, 0] for _ in x.shape[2:])]), steps + 1
    row = ops.reshape(ops.arange(rows, dtype=places.dtype), (-1, *[1] * (len(places.shape) - 1)))
    flat = ops.reshape(x, (rows * steps, *ops.shape(x)[2:]))
    return ops.take(flat, row * steps + places, axis=0)


def accumulator(dtype: str) -> str:
    """The dtype sums are kept in: float64 for float64, float32 for all else."""
    return "float64" if dtype == "float64" else "float32"


def as_real(x: Tensor, dtype: str, owner: str) -> Tensor:
    """`x` in `dtype`; complex numbers are refused, not cut to their real parts."""
    if "complex" in keras.backend.standardize_dtype(x.dtype):
        raise KpoolError(f"{owner} pools real numbers, not {x.dtype}; pass real and imaginary parts as features")
    return ops.cast(x, dtype)


def require(holds: Tensor, error: type[Exception], message: str) -> None:
    """Raise if a condition on values does not hold everywhere.

    At once where values are at hand. In a TensorFlow graph the check becomes a part of the graph and fails when it
    runs (InvalidArgumentError); XLA drops it, as do other backends' compilers.
    """
    if is_concrete(holds):
        if not bool(ops.convert_to_numpy(holds).all()):
            raise error(message)
    elif keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        tf.debugging.Assert(tf.reduce_all(holds), [message])


def is_concrete(x: Tensor) -> bool:
    """Whether the values of `x` are at hand, not only its shape."""
    if keras.backend.backend() == "tensorflow":
        return hasattr(x, "numpy")
    if keras.backend.backend() == "jax":
        import jax

        return not isinstance(x, jax.core.Tracer)
    return True


def is_ragged(x: Tensor) -> bool:
    """Whether `x` is a `tf.RaggedTensor`."""
    return hasattr(x, "to_tensor")


def padded(x: Tensor) -> Tensor:
    """What stands for a tensor, as one: a list, or a `tf.RaggedTensor` with 0 behind its rows. None stays None."""
    if is_ragged(x):
        return x.to_tensor()
    return x if x is None or hasattr(x, "shape") else ops.convert_to_tensor(x)


def row_mask(x: Tensor) -> Tensor:
    """Where the rows of a `tf.RaggedTensor` stand once it is padded: (batch, steps)."""
    import tensorflow as tf

    return tf.sequence_mask(x.row_lengths(), x.bounding_shape()[1])


def divisible(features: int, parts: int, owner: str) -> None:
    """Raise SpecError unless the features divide into equal parts."""
    if features % parts:
        raise SpecError(f"{owner}: {features} features do not divide into {parts} equal parts")


def split_heads(x: Tensor, heads: int) -> Tensor:
    """(…, features) -> (…, heads, features / heads)."""
    shape = ops.shape(x)
    return ops.reshape(x, (*shape[:-1], heads, shape[-1] // heads))


def merge_heads(x: Tensor) -> Tensor:
    """(…, heads, features) -> (…, heads · features)."""
    *leading, heads, features = ops.shape(x)
    return ops.reshape(x, (*leading, heads * features))
