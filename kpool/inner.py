"""What a config must keep of a layer's inner layers, which no spec says: what quantising and freezing changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import keras

from kpool.errors import KpoolError


def changes(layer: keras.layers.Layer) -> dict[str, Any]:
    """The dtype policies that are not the parent's, and the layers frozen by themselves, by path.

    `{"policies": {"dense_2": {…}}, "frozen": ["concat_0/1/attention_0"]}`
    """
    inner = list(_inner(layer))
    policies = {
        path: keras.dtype_policies.serialize(child.dtype_policy)
        for path, child, parent in inner
        if child.dtype_policy != parent.dtype_policy
    }
    frozen = [path for path, child, parent in inner if parent.trainable and not child.trainable]
    return {"policies": policies, "frozen": frozen}


def restore(layer: keras.layers.Layer, policies: Mapping[str, Any] | None, frozen: Sequence[str] | None) -> None:
    """Change inner layers, not yet built, as they were changed."""
    policies, frozen = policies or {}, frozen or []
    if not isinstance(policies, Mapping) or not isinstance(frozen, (list, tuple)):
        raise KpoolError(f"policies are by path and frozen is a list of paths, not {policies!r} and {frozen!r}")
    for path, child, _ in _inner(layer):
        if path in policies:
            child.dtype_policy = _policy(path, policies[path])
        # trainable=False given to Keras's __init__ reaches no inner layer (3.15.1)
        if path in frozen or not layer.trainable:
            child.trainable = False


def _policy(path: str, saved: Any) -> keras.DTypePolicy:
    """One of Keras's own: its `deserialize` alone would also build any registered layer that the file names."""
    name = saved.get("class_name") if isinstance(saved, dict) else None
    kind = getattr(keras.dtype_policies, name, None) if isinstance(name, str) else None
    if not (isinstance(kind, type) and issubclass(kind, keras.DTypePolicy) and saved.get("registered_name") is None):
        raise KpoolError(f"policies[{path!r}] must be a dtype policy as Keras writes it, not {saved!r}")
    return keras.dtype_policies.deserialize(saved)


def _inner(layer: keras.layers.Layer, path: str = "") -> Iterator[tuple[str, keras.layers.Layer, keras.layers.Layer]]:
    for child in layer._layers:
        here = f"{path}/{child.name}" if path else child.name
        yield here, child, layer
        yield from _inner(child, here)
