"""Calls a layer: with a mask in the way it takes one, and with gradients."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from kpool.testing import backend
from kpool.testing.check import Skipped
from kpool.testing.compare import Array, as_array


def takes(layer: keras.layers.Layer, argument: str) -> bool:
    return argument in inspect.signature(layer.call).parameters


def door(layer: keras.layers.Layer, shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
    """A shape (batch, *positions, features) as the layer's data_format has it."""
    return (shape[0], shape[-1], *shape[1:-1]) if _channels_first(layer) else shape


def outputs(layer: keras.layers.Layer, x: Any, mask: Any = None, **arguments: Any) -> Any:
    """The layer's answer as tensors. A layer that takes no mask gets it as Keras would, on the input."""
    x = keras.ops.convert_to_tensor(x)
    if _channels_first(layer):
        x = keras.ops.moveaxis(x, -1, 1)
    if mask is not None:
        mask = keras.ops.convert_to_tensor(mask)
        if takes(layer, "mask"):
            arguments["mask"] = mask
        else:
            x = implicit(x, mask)
    return layer(x, **arguments)


def implicit(x: Any, mask: Any) -> Any:
    """`x` with Keras's implicit mask, as an Embedding or Masking layer gives it."""
    x = keras.ops.convert_to_tensor(x) + 0
    x._keras_mask = keras.ops.convert_to_tensor(mask)
    return x


def joined(answer: Any) -> Any:
    """Several outputs side by side, as one."""
    flat = keras.tree.flatten(answer)
    return flat[0] if len(flat) == 1 else keras.ops.concatenate(flat, axis=-1)


def call(layer: keras.layers.Layer, x: Any, mask: Any = None, **arguments: Any) -> Array:
    """The layer's answer in NumPy."""
    return as_array(joined(outputs(layer, x, mask, **arguments)))


def call_in_graph(layer: keras.layers.Layer, x: Any, mask: Any = None) -> Array:
    """The same in a graph, where the backend has them: an eager loop over many steps takes forty times as long."""
    if keras.backend.backend() != "tensorflow":
        return call(layer, x, mask)
    import tensorflow as tf

    return as_array(tf.function(lambda x, mask: joined(outputs(layer, x, mask)), autograph=False)(x, mask))


@dataclass(frozen=True)
class Gradients:
    """An answer, a random cotangent of it, and the gradients of their product: of the input and of each weight."""

    answer: Array
    cotangent: Array
    input: Array
    weights: tuple[Array, ...]


def gradients(layer: keras.layers.Layer, x: Any, mask: Any = None, seed: int = 0) -> Gradients:
    """The gradients of Σ c · y for one random c."""
    return slopes(layer, mask, seed)(x)


def slopes(
    layer: keras.layers.Layer, mask: Any = None, seed: int = 0, *, soft: Array | None = None, jit_compile: bool = False
) -> Callable[[Any], Gradients]:
    """The same as a function of x; compiled by XLA on request. That of the elements' `soft` weights comes last."""
    mask = None if mask is None else keras.ops.convert_to_tensor(mask)
    given = {} if soft is None else {"weights": keras.Variable(soft, dtype=soft.dtype.name)}

    def loss(x: Any) -> Any:
        answer = joined(outputs(layer, x, mask, **{k: keras.ops.convert_to_tensor(v) for k, v in given.items()}))
        cotangent = np.random.default_rng(seed).normal(size=tuple(answer.shape))
        return keras.ops.sum(answer * keras.ops.cast(cotangent, answer.dtype)), (answer, cotangent)

    derived = backend.derived(loss, [*layer.trainable_weights, *given.values()])
    derived = backend.compiled(derived) if jit_compile else derived

    def found(x: Any) -> Gradients:
        (answer, cotangent), (of_input, *of_weights) = derived(keras.ops.convert_to_tensor(x))
        return Gradients(as_array(answer), np.asarray(cotangent), as_array(of_input), tuple(map(as_array, of_weights)))

    return found


def tensorflow(what: str) -> Any:
    """TensorFlow, where it is Keras's backend."""
    if keras.backend.backend() != "tensorflow":
        raise Skipped(f"{what}: checked on the TensorFlow backend only")
    import tensorflow as tf

    return tf


def _channels_first(layer: keras.layers.Layer) -> bool:
    return getattr(layer, "data_format", None) == "channels_first"
