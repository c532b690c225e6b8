"""The layer that pools shards: what can be merged, and gives the same after a restart."""

from __future__ import annotations

import functools
import hashlib
import json
import pickle
from typing import Any

import keras
import numpy as np

from kpool.errors import KpoolError
from kpool.factory import head, parse, requirements, spec_of
from kpool.spec import Spec
from kpool.stream import Stream


def layer_of(given: Any, features: int) -> tuple[Any, Stream]:
    """The layer that was given, or that a spec says, built; and its stream.

    Raises:
        KpoolError: it cannot be merged, was built for another width, or starts from random weights.
    """
    layer = head(given) if isinstance(given, (str, Spec)) else given
    shown = parse(spec_of(layer)).display()
    stream = _stream(layer, shown)
    if layer.built:
        _check_width(layer, shown, features)
        return layer, stream
    twin = type(layer).from_config(layer.get_config())
    for built in (stream, twin.stream()):
        built.start(1, features)
    if any(not np.array_equal(a, b) for a, b in zip(layer.get_weights(), twin.get_weights(), strict=True)):
        raise KpoolError(
            f"{shown} starts from random weights, others after each restart; give the layer of a trained model, as in "
            "kpool.load_model(path).get_layer(name)"
        )
    return layer, stream


def recipe(layer: Any) -> bytes:
    """A layer for another process."""
    return pickle.dumps((type(layer), layer.get_config(), layer.get_weights()))


@functools.cache
def made(recipe: bytes, features: int) -> tuple[Any, Stream]:
    """The layer and its stream there."""
    cls, config, weights = pickle.loads(recipe)  # noqa: S301 (our own)
    layer = cls.from_config(config)
    stream: Stream = layer.stream()
    stream.start(1, features)
    layer.set_weights(weights)
    return layer, stream


def fingerprint(layer: Any) -> str:
    """A hash of all that its states depend on beside the elements, but for the code of classes without a version."""
    config = {key: value for key, value in layer.get_config().items() if key not in ("name", "trainable")}
    spec = spec_of(layer)
    facts = {
        "layer": spec,
        "config": config,
        "requirements": requirements(parse(spec)),
        "versions": [keras.__version__, keras.backend.backend()],
    }
    found = hashlib.sha256(json.dumps(facts, sort_keys=True, default=str).encode())
    for weight in layer.get_weights():
        found.update(repr((weight.shape, str(weight.dtype))).encode() + weight.tobytes())
    return found.hexdigest()


def _stream(layer: Any, shown: str) -> Stream:
    if layer.asks_regions:
        raise KpoolError(f"{shown} asks for regions= with each call; here ids say the bags: give it without over=")
    try:
        stream: Stream = layer.stream()
    except KpoolError as error:
        raise KpoolError(
            f"{error}. Only what merges can pool a bag that is split over shards (`kpool list --trait mergeable` shows "
            f"what does); for {shown}, write each bag into one shard, whole, and call the layer on it"
        ) from error
    return stream


def _check_width(layer: Any, shown: str, features: int) -> None:
    shape = (layer.get_build_config() or {}).get("input_shape") or (None,)
    if layer.weights and shape[-1] not in (None, features):
        raise KpoolError(f"{shown} was built for elements {shape[-1]} wide, and x is {features} wide in the shards")
