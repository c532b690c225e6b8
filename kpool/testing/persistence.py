"""Persistence: what was saved here answers the same in a process that has seen nothing of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import keras

from kpool.lowering import is_keras
from kpool.testing.check import check
from kpool.testing.compare import hold, near
from kpool.testing.target import Target

_CONTAINERS = (list, tuple, dict, set)


@check("A saved model cannot be loaded in another process, or answers something else there.")
def keras_file(target: Target) -> str:
    return _reloaded(target, "keras")


@check("Saved weights do not fit the model that its config builds in another process.")
def weights_file(target: Target) -> str:
    return _reloaded(target, "weights")


@check("A model quantised to int8 cannot be saved and loaded, or answers something else.")
def quantized_file(target: Target) -> str:
    return _reloaded(target, "int8")


@check("Layers in a list or dict are saved under class names: renaming a class loses the weights of old files.")
def no_list_containers(target: Target) -> None:
    found = sorted(set(_containers(target.layer())))
    hold(not found, f"layers stand in {', '.join(found)}; set each as an attribute of its own")


def _reloaded(target: Target, kind: str) -> str:
    expected, given = target.fresh.reloaded(target, kind)
    return near(given, expected, f"saved ({kind}) here and loaded in another process", units=2)


def _containers(layer: keras.layers.Layer) -> Iterator[str]:
    """The attributes, but for Keras's and TensorFlow's own, that hold layers in a container."""
    own = vars(keras.layers.Layer(name="blank")).keys()
    for name, value in vars(layer).items():
        if name not in own and not name.startswith("_self_") and isinstance(value, _CONTAINERS) and any(_layers(value)):
            yield f"{type(layer).__name__}.{name}"
    for inner in layer._flatten_layers(include_self=False, recursive=False):
        if not is_keras(inner):
            yield from _containers(inner)


def _layers(value: Any) -> Iterator[bool]:
    for item in value.values() if isinstance(value, dict) else value:
        yield isinstance(item, keras.layers.Layer)
