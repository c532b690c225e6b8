"""What Keras's backend has for running a function: its modes, gradients, and waiting until an answer is there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
from keras import ops as kops

from kpool.bench.run import summand

Function = Callable[..., Any]
"""From tensors to a tensor, or several."""

BACKEND = keras.backend.backend()
EXACT = "float32" if BACKEND == "jax" else "float64"
"""What answers are held to; JAX has float64 only where the whole process is told so."""


def rounded(array: npt.NDArray[Any], dtype: str) -> npt.NDArray[Any]:
    """The nearest numbers that the dtype has, in float32."""
    return np.array(kops.convert_to_numpy(kops.cast(kops.cast(kops.convert_to_tensor(array), dtype), "float32")))


def predictor(layer: keras.layers.Layer, given: Mapping[str, npt.NDArray[Any]]) -> Callable[[], object]:
    """`model.predict` of a model that is the layer, for the layer's arguments as arrays."""
    inputs = {
        name: keras.Input(array.shape[1:], dtype=layer.compute_dtype if name == "inputs" else array.dtype, name=name)
        for name, array in given.items()
    }
    model = keras.Model(inputs, layer(**inputs))
    rows = len(given["inputs"])
    return lambda: model.predict(dict(given), batch_size=rows, verbose=0)


def read(x: Any) -> npt.NDArray[Any]:
    """A tensor as an array, in float32 where it is less."""
    return np.asarray(kops.convert_to_numpy(x if "64" in str(x.dtype) else kops.cast(x, "float32")))


def _as_it_is(function: Function) -> Function:
    return function


if BACKEND == "tensorflow":
    import tensorflow as tf

    MODES: Mapping[str, Callable[[Function], Function]] = {
        "eager": _as_it_is,
        "graph": lambda function: tf.function(function, autograph=False),
        "xla": lambda function: tf.function(function, autograph=False, jit_compile=True),
    }
    """How a function is run; the last is the fastest."""

    def gradient_of(function: Function, layer: keras.layers.Layer) -> Function:
        """Of Σ `summand(y)`, for the input and what the layer learns."""

        def gradients(x: Any) -> Any:
            with tf.GradientTape() as tape:
                tape.watch(x)
                loss = tf.reduce_sum(summand(tf.cast(function(x), "float32")))
            return tape.gradient(loss, [x, *(w.value for w in layer.trainable_weights)], unconnected_gradients="zero")

        return gradients

    def wait(answer: Any) -> None:
        """Until it is there. One number is read of each tensor: to read all would be another copy."""
        for x in tf.nest.flatten(answer):
            tf.reshape(x, (-1,))[:1].numpy()

    def versions() -> dict[str, Any]:
        devices = [device.device_type for device in tf.config.list_physical_devices()]
        return {"tensorflow": tf.__version__, "devices": devices}

elif BACKEND == "jax":
    import jax

    jax.config.update("jax_default_matmul_precision", "float32")  # a GPU's own is tf32, and not what is asked for
    MODES = {"eager": _as_it_is, "xla": jax.jit}

    def gradient_of(function: Function, layer: keras.layers.Layer) -> Function:
        def loss(x: Any, weights: list[Any]) -> Any:
            with keras.StatelessScope(state_mapping=list(zip(layer.trainable_variables, weights, strict=True))):
                return summand(function(x).astype("float32")).sum()

        return lambda x: jax.grad(loss, argnums=(0, 1))(x, [v.value for v in layer.trainable_variables])

    def wait(answer: Any) -> None:
        jax.block_until_ready(answer)

    def versions() -> dict[str, Any]:
        return {"jax": jax.__version__, "devices": [device.device_kind for device in jax.devices()]}

else:
    import torch

    # Keras's operations on PyTorch are PyTorch's own kernels, one by one
    MODES = {"eager": _as_it_is}

    def gradient_of(function: Function, layer: keras.layers.Layer) -> Function:
        def gradients(x: Any) -> Any:
            x = x.detach().requires_grad_()
            loss = summand(function(x).float()).sum()
            return torch.autograd.grad(loss, [x, *(w.value for w in layer.trainable_weights)], materialize_grads=True)

        return gradients

    def wait(answer: Any) -> None:
        if torch.cuda.is_available():
            torch.cuda.synchronize()

    def versions() -> dict[str, Any]:
        cuda = [torch.cuda.get_device_name()] if torch.cuda.is_available() else ["cpu"]
        return {"torch": torch.__version__, "devices": cuda}


FASTEST = list(MODES)[-1]
