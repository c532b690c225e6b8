"""What a tensor is: its dtype, whether its values are at hand, whether its rows are ragged."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import keras
from keras import ops

from kpool.errors import KpoolError

Tensor = Any
Tensors = Sequence[Tensor]

_LOWEST = {"float32": -(2 - 2.0**-23) * 2.0**127, "float64": -(2 - 2.0**-52) * 2.0**1023}


def accumulator(dtype: str) -> str:
    """The dtype sums are kept in: float64 for float64, float32 for all else."""
    return "float64" if dtype == "float64" else "float32"


def as_complex(a: Tensor, b: Tensor) -> Tensor:
    """a + b i, on TensorFlow. Not by a product with i, in which ∞ · 0 is NaN."""
    import tensorflow as tf

    return tf.complex(a, b)


def as_real(x: Tensor, dtype: str, owner: str) -> Tensor:
    """`x` in `dtype`; complex numbers are refused, not cut to their real parts."""
    if "complex" in keras.backend.standardize_dtype(x.dtype):
        raise KpoolError(f"{owner} pools real numbers, not {x.dtype}; pass real and imaginary parts as features")
    return ops.cast(x, dtype)


def as_whole(x: Tensor) -> tuple[Tensor, Tensor]:
    """Numbers as int32, and where that is what they are: fractions and numbers beyond 2³¹ are not."""
    whole = ops.cast(x, "int32")
    return whole, ops.equal(ops.cast(whole, x.dtype), x)


def ceil_divide(a: int | Tensor, b: int | Tensor) -> Any:
    """⌈a / b⌉ of whole numbers, a ≥ 0, b ≥ 1. Not −(−a // b): tf2onnx (1.17) rounds what is negative towards 0."""
    return (a + b - 1) // b


def reshape(x: Tensor, shape: Sequence[Any]) -> Tensor:
    """As keras.ops.reshape; of a KerasTensor's lengths one may be unknown, None."""
    return ops.reshape(x, tuple(-1 if length is None else length for length in shape))


def reshape_examples(x: Tensor, shape: Sequence[Any]) -> Tensor:
    """The same where the batch stays the first axis; beside it, another length may be unknown."""
    if isinstance(x, keras.KerasTensor) and shape[0] is None:
        return keras.layers.Reshape(tuple(-1 if length is None else length for length in shape[1:]))(x)
    return reshape(x, shape)


def shape_unknown(x: Tensor, *axes: int) -> bool:
    """Whether it is a KerasTensor of which several lengths are unknown, and one of these: no reshape can say them."""
    return isinstance(x, keras.KerasTensor) and x.shape.count(None) > 1 and any(x.shape[i] is None for i in axes)


def product(lengths: Iterable[Any]) -> Any:
    """Their product; None if one is unknown, as a KerasTensor's may be."""
    total: Any = 1
    for length in lengths:
        total = None if total is None or length is None else total * length
    return total


def is_concrete(x: Tensor) -> bool:
    """Whether the values of `x` are at hand, not only its shape."""
    if isinstance(x, keras.KerasTensor):
        return False
    if keras.backend.backend() == "tensorflow":
        return hasattr(x, "numpy")
    if keras.backend.backend() == "jax":
        import jax

        return not isinstance(x, jax.core.Tracer)
    return True


def is_fused() -> bool:
    """Whether TensorFlow's XLA compiles what is traced now: of what is done in a row it makes loops of its own kind."""
    if keras.backend.backend() != "tensorflow":
        return False
    import tensorflow as tf
    from tensorflow.python.ops.control_flow_util import GraphOrParentsInXlaContext

    return bool(GraphOrParentsInXlaContext(tf.compat.v1.get_default_graph()))


def again(x: Tensor) -> Tensor:
    """`x`, but XLA does not see that it is (TF 2.21): what is computed of it is computed again instead of stored."""
    return ops.maximum(x, -float("inf"))


def stored(x: Tensor, source: Tensor) -> Tensor:
    """`x`, which XLA on CPU (TF 2.21) then stores for all that read it: a quotient, as here by 1, it makes only once.

    Args:
        source: Any tensor that is an input of what is compiled: of its first value it is asked whether it is one.
    """
    return x / ops.cast(certain(source), x.dtype)


def certain(source: Tensor) -> Tensor:
    """Whether the first value of a tensor is one: XLA does not know."""
    some = ops.sum(source[(slice(1),) * len(source.shape)])
    return ops.logical_or(ops.isnan(some), some <= float("inf"))


def rounded(x: Tensor) -> Tensor:
    """`x`, −∞ as the least finite number: as it is stored, also where XLA computes it anew.

    There, the difference of a product and c is rounded once (FMA), and of the greatest product and the greatest more
    than 0 may be left: e^(10⁸) of scores of 10¹⁵.
    """
    lowest = _LOWEST.get(keras.backend.standardize_dtype(x.dtype))
    return x if lowest is None else ops.maximum(x, lowest)


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
