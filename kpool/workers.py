"""fit on several workers of TensorFlow, which Keras 3.15 fails at."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras

from kpool.errors import KpoolError

MENDED = "3.15."
"""The Keras whose faults these are: https://github.com/keras-team/keras/issues/20585."""


def distribute(model: keras.Model) -> keras.Model:
    """Make fit and evaluate work under `tf.distribute.MultiWorkerMirroredStrategy`; the model itself, changed.

    Keras 3.15 averages a batch as if it were one tensor before it builds the model, and takes the mean of a scalar over
    its first axis. Two methods of this one model are replaced; Keras is not patched. Under any other strategy, or none,
    nothing is changed.

    Args:
        model: Made and compiled in the strategy's scope, with `jit_compile=False`.

    Raises:
        KpoolError: Keras is another version than the one whose faults are known, or compiles the model by XLA.
    """
    if not _several_workers(model):
        return model
    if not keras.__version__.startswith(MENDED):
        raise KpoolError(
            f"kpool.distribute mends Keras {MENDED}x, and this is {keras.__version__}: try fit without it, "
            "and see whether https://github.com/keras-team/keras/issues/20585 is closed"
        )
    if model.compiled and model.jit_compile:
        raise KpoolError("workers cannot talk to each other inside XLA; compile the model with jit_compile=False")
    make_function = model._make_function
    model._make_function = lambda step: make_function(_of_rank_one(step))
    model._maybe_symbolic_build = lambda iterator=None, data_batch=None: _build(model, iterator, data_batch)
    return model


def _several_workers(model: keras.Model) -> bool:
    if keras.backend.backend() != "tensorflow":
        raise KpoolError(
            f"kpool.distribute is for TensorFlow's strategies, not for {keras.backend.backend()}; "
            "with JAX, keras.distribution does what is needed"
        )
    import tensorflow as tf

    strategy = model.distribute_strategy
    return isinstance(strategy, tf.distribute.MultiWorkerMirroredStrategy) and strategy.extended._in_multi_worker_mode()


def _of_rank_one(step: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """The step with its logs as vectors of one number, which have the first axis that Keras takes the mean over."""
    return lambda data: keras.tree.map_structure(lambda log: keras.ops.expand_dims(log, 0), step(data))


def _build(model: keras.Model, iterator: Any, batch: Any) -> None:
    """Build the model from this worker's part of a batch: shapes and dtypes are all that is asked of it."""
    strategy = model.distribute_strategy
    if iterator is not None:
        _, _, batches = next(iter(iterator))
        batch = keras.tree.map_structure(lambda x: strategy.experimental_local_results(x)[0], next(batches))
    with strategy.scope():
        model._symbolic_build(data_batch=batch)
