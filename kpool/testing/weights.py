"""Weights that hide nothing: an initial 0 or 1 makes wrong formulas look right."""

from __future__ import annotations

import keras
import numpy as np

from kpool.testing.compare import Array


def settle(layer: keras.layers.Layer, rng: np.random.Generator) -> None:
    """Give every trainable weight values of its own, drawn from `rng` and within its constraint."""
    for weight in layer.trainable_weights:
        weight.assign(_drawn(np.asarray(weight), rng))
        if weight.constraint is not None:
            weight.assign(weight.constraint(weight.value))


def _drawn(initial: Array, rng: np.random.Generator) -> Array:
    """A little off an initial constant; otherwise normal, with a spread that keeps the scale of a product."""
    noise = rng.normal(size=initial.shape)
    if initial.size and np.ptp(initial) == 0:
        return np.asarray(initial + 0.05 * noise, initial.dtype)
    return np.asarray(noise / np.sqrt(max(initial.shape[0], 1)), initial.dtype)
