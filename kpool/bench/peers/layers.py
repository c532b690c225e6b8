"""Keras's own pooling layers."""

from __future__ import annotations

import functools
from typing import Any

import keras
import numpy as np
from keras import ops as kops

from kpool.bench import backend
from kpool.bench.run import FORWARD, Run
from kpool.bench.work import Work, region_of
from kpool.pooling import Pooling

# By the strategy's name here, the region and the number of axes
_LAYERS = {
    ("mean", "everything", 3): "GlobalAveragePooling1D",
    ("mean", "everything", 4): "GlobalAveragePooling2D",
    ("mean", "window", 3): "AveragePooling1D",
    ("mean", "window", 4): "AveragePooling2D",
    ("max", "everything", 3): "GlobalMaxPooling1D",
    ("max", "everything", 4): "GlobalMaxPooling2D",
    ("max", "window", 3): "MaxPooling1D",
    ("max", "window", 4): "MaxPooling2D",
}
_MASKED = ("GlobalAveragePooling1D",)
"""Those that heed a mask (Keras 3.15)."""


def runs(work: Work, layer: Pooling, what: str) -> dict[str, Run]:
    """In the fastest mode of the backend, and by `predict`."""
    region = region_of(layer)
    name = _LAYERS.get((work.spec, region.region_name, work.given.x.ndim))
    if name is None:
        return {}
    window = {key: value for key, value in region.arguments.items() if key != "dilation"}
    theirs = getattr(keras.layers, name)(
        **{{"size": "pool_size"}.get(key, key): value for key, value in window.items()}, dtype=layer.dtype_policy
    )
    masked = {"mask": work.given.mask} if name in _MASKED and work.given.mask is not None else {}
    given = {name: kops.convert_to_tensor(array) for name, array in masked.items()}
    x = kops.cast(work.given.x, work.given.dtype)

    def forward(x: Any) -> Any:
        return theirs(x, **given)

    function = forward if what == FORWARD else backend.gradient_of(forward, theirs)
    compiled = backend.MODES[backend.FASTEST](function)
    found = {f"keras {backend.FASTEST}": Run(functools.partial(compiled, x), backend.wait, backend.read)}
    if what == FORWARD:
        predict = backend.predictor(theirs, {"inputs": work.given.x, **masked})
        found["keras predict"] = Run(predict, lambda answer: None, np.asarray)
    return found
