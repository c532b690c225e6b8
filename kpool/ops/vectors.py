"""What is done to the features of one element."""

from __future__ import annotations

import math

from keras import ops

from kpool.errors import SpecError
from kpool.ops.extremes import greatest
from kpool.ops.safe import divide, sqrt
from kpool.ops.tensors import Tensor, reshape_examples, rounded


def divisible(features: int, parts: int, owner: str) -> None:
    """Raise SpecError unless the features divide into equal parts."""
    if features % parts:
        raise SpecError(f"{owner}: {features} features do not divide into {parts} equal parts")


def split_heads(x: Tensor, heads: int) -> Tensor:
    """(…, features) -> (…, heads, features / heads)."""
    shape = ops.shape(x)
    return reshape_examples(x, (*shape[:-1], heads, shape[-1] // heads))


def merge_heads(x: Tensor) -> Tensor:
    """(…, heads, features) -> (…, heads · features)."""
    *leading, heads, features = ops.shape(x)
    return reshape_examples(x, (*leading, heads * features))


def gelu(x: Tensor) -> Tensor:
    """x Φ(x), Φ the normal distribution. TensorFlow's own (2.21) has √2 in float32 only, for float64 as well."""
    return x / 2 * (1 + ops.erf(x / math.sqrt(2)))


def softmax(x: Tensor) -> Tensor:
    """eˣ / Σ eˣ over the last axis. TensorFlow's own (2.21, CPU) takes up to 5 axes, Keras's (3.15.1) warns of one."""
    e = ops.exp(rounded(x) - ops.stop_gradient(greatest(x, -1, keepdims=True)))
    return e / ops.sum(e, axis=-1, keepdims=True)


def unit(x: Tensor, axis: int = -1) -> Tensor:
    """x / ‖x‖₂ along an axis, and 0 (with gradient 0) for x = 0; the largest |x| is divided out first."""
    x = divide(x, ops.stop_gradient(greatest(ops.abs(x), axis, keepdims=True, initial=0)))
    return divide(x, sqrt(ops.sum(x * x, axis=axis, keepdims=True)))


def layer_norm(x: Tensor, scale: Tensor | float = 1.0, offset: Tensor | float = 0.0, epsilon: float = 1e-6) -> Tensor:
    """(x − μ) / √(σ² + ε) · scale + offset, with the mean and the variance of each element's features."""
    apart = x - ops.mean(x, axis=-1, keepdims=True)
    return apart * ops.rsqrt(ops.mean(apart * apart, axis=-1, keepdims=True) + epsilon) * scale + offset
