"""The dtype policies of a layer's inner layers: what quantising changes, and a config must keep."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import keras


def differing(layer: keras.layers.Layer) -> dict[str, Any]:
    """The policies of inner layers that are not their parent's, by path: `{"dense_2": {…}}`."""
    return {
        path: keras.dtype_policies.serialize(inner.dtype_policy)
        for path, inner, parent in _inner(layer)
        if inner.dtype_policy != parent.dtype_policy
    }


def restore(layer: keras.layers.Layer, policies: dict[str, Any]) -> None:
    """Give inner layers, not yet built, the policies they had."""
    for path, inner, _ in _inner(layer):
        if path in policies:
            inner.dtype_policy = keras.dtype_policies.deserialize(policies[path])


def _inner(layer: keras.layers.Layer, path: str = "") -> Iterator[tuple[str, keras.layers.Layer, keras.layers.Layer]]:
    for inner in layer._layers:
        here = f"{path}/{inner.name}" if path else inner.name
        yield here, inner, layer
        yield from _inner(inner, here)
