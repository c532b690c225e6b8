"""What each backend has a way of its own for: derivatives, compiled functions, numbers of 64 bits."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any
from unittest import mock

import keras
from keras.src.backend.common import dtypes

from kpool.testing.check import Skipped

Function = Callable[..., Any]
Variables = Sequence[keras.Variable]


def derived(loss: Function, variables: Variables = ()) -> Function:
    """Of `loss(x)`, a scalar and what else is to be known: that, and the derivatives by x and each variable.

    What the scalar does not depend on has a derivative of 0.
    """
    return _DERIVED[keras.backend.backend()](loss, variables)


def compiled(function: Function, mode: str = "xla") -> Function:
    """The same, as one function of the backend: a "graph", or made by "xla"."""
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        return tf.function(function, jit_compile=mode == "xla")  # type: ignore[no-any-return]
    if keras.backend.backend() == "jax" and mode == "xla":
        import jax

        return jax.jit(function)  # type: ignore[no-any-return]
    raise Skipped(f"modes: {keras.backend.backend()} has no {mode} here")


def quick(function: Function) -> Function:
    """The same, compiled where op by op takes minutes: JAX (0.10) compiles each operation anew for each shape."""
    return compiled(function) if keras.backend.backend() == "jax" else function


@contextlib.contextmanager
def wide() -> Iterator[None]:
    """Within it float64 is float64. Keras (3.15.1) makes it float32 but on TensorFlow, and JAX unless told not to."""
    with contextlib.ExitStack() as within:
        within.enter_context(mock.patch.dict(dtypes.BIT64_TO_BIT32_DTYPE, float64="float64"))
        if keras.backend.backend() == "jax":
            import jax

            within.enter_context(jax.enable_x64(True))
        yield


@contextlib.contextmanager
def passing() -> Iterator[None]:
    """What is traced within it may go after it: TensorFlow (2.21) keeps every graph that tells a gradient."""
    if keras.backend.backend() != "tensorflow":
        yield
        return
    from tensorflow.python.framework.ops import gradient_registry

    kept = gradient_registry._registry
    before = set(kept)
    try:
        yield
    finally:
        for name in kept.keys() - before:
            if name.startswith("CustomGradient-"):
                del kept[name]


def _by_tensorflow(loss: Function, variables: Variables) -> Function:
    import tensorflow as tf

    def function(x: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(x)
            value, known = loss(x)
        by = [x, *(variable.value for variable in variables)]
        return known, tape.gradient(value, by, unconnected_gradients="zero")

    return function


def _by_jax(loss: Function, variables: Variables) -> Function:
    import jax

    def stateless(x: Any, values: list[Any]) -> Any:
        with keras.StatelessScope(state_mapping=list(zip(variables, values, strict=True))):
            return loss(x)

    def function(x: Any) -> Any:
        values = [variable.value for variable in variables]
        (_, known), (of_x, of_values) = jax.value_and_grad(stateless, argnums=(0, 1), has_aux=True)(x, values)
        return known, [of_x, *of_values]

    return function


def _by_torch(loss: Function, variables: Variables) -> Function:
    import torch

    def function(x: Any) -> Any:
        x = x.detach().requires_grad_()
        value, known = loss(x)
        by = [x, *(variable.value for variable in variables)]
        if not value.requires_grad:
            return known, [torch.zeros_like(each) for each in by]
        return known, torch.autograd.grad(value, by, materialize_grads=True, allow_unused=True)

    return function


_DERIVED: dict[str, Callable[[Function, Variables], Function]] = {
    "tensorflow": _by_tensorflow,
    "jax": _by_jax,
    "torch": _by_torch,
}
