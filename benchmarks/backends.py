"""What a benchmark needs of each backend: compiling, gradients, and to wait until an answer is there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras

BACKEND = keras.backend.backend()
EXACT = "float32" if BACKEND == "jax" else "float64"
"""What answers are held to; JAX has float64 only where the whole process is told so."""

Function = Callable[[Any], Any]

if BACKEND == "tensorflow":
    import tensorflow as tf

    def compiled(function: Function) -> Function:
        return tf.function(function, jit_compile=True, autograph=False)

    def gradient_of(function: Function, layer: Any) -> Function:
        """Of Σ y², for the input and what the layer learns."""

        def gradients(x: Any) -> Any:
            with tf.GradientTape() as tape:
                tape.watch(x)
                loss = tf.reduce_sum(tf.cast(function(x), "float32") ** 2)
            return tape.gradient(loss, [x, *(w.value for w in layer.trainable_weights)])

        return gradients

    def ready(answer: Any) -> None:
        for x in tf.nest.flatten(answer):
            x.numpy()

    def versions() -> dict[str, Any]:
        return {"tensorflow": tf.__version__, "devices": [d.device_type for d in tf.config.list_physical_devices()]}

elif BACKEND == "jax":
    import jax

    jax.config.update("jax_default_matmul_precision", "float32")  # a GPU's own is tf32, and not what is asked for

    def compiled(function: Function) -> Function:
        return jax.jit(function)

    def gradient_of(function: Function, layer: Any) -> Function:
        def loss(x: Any, weights: list[Any]) -> Any:
            with keras.StatelessScope(state_mapping=list(zip(layer.trainable_variables, weights, strict=True))):
                return (function(x).astype("float32") ** 2).sum()

        return lambda x: jax.grad(loss, argnums=(0, 1))(x, [v.value for v in layer.trainable_variables])

    def ready(answer: Any) -> None:
        jax.block_until_ready(answer)

    def versions() -> dict[str, Any]:
        return {"jax": jax.__version__, "devices": [d.device_kind for d in jax.devices()]}

else:
    import torch

    def compiled(function: Function) -> Function:
        """Not compiled: Keras's operations on PyTorch are PyTorch's own kernels, one by one."""
        return function

    def gradient_of(function: Function, layer: Any) -> Function:
        def gradients(x: Any) -> Any:
            x = x.detach().requires_grad_()
            loss = (function(x).float() ** 2).sum()
            return torch.autograd.grad(loss, [x, *(w.value for w in layer.trainable_weights)], allow_unused=True)

        return gradients

    def ready(answer: Any) -> None:
        if torch.cuda.is_available():
            torch.cuda.synchronize()

    def versions() -> dict[str, Any]:
        cuda = [torch.cuda.get_device_name()] if torch.cuda.is_available() else ["cpu"]
        return {"torch": torch.__version__, "devices": cuda}
