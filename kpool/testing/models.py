"""A layer as a model of its own, as it is saved and exported."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from kpool.testing import run
from kpool.testing.compare import Array, as_array
from kpool.testing.target import Target
from kpool.testing.weights import settle


def model_of(target: Target, *, positions: tuple[int | None, ...] | None = None, behind: bool = False) -> keras.Model:
    """A model of the layer: inputs `x` and, if it takes one, `mask`; with a Dense `behind` it on request."""
    layer = target.make()
    where = target.positions if positions is None else positions
    x = keras.Input(run.door(layer, (None, *where, target.features))[1:], name="x")
    mask = keras.Input(where, dtype="bool", name="mask")
    y = run.joined(layer(x, mask=mask) if target.takes_mask else layer(x))
    settle(layer, np.random.default_rng(target.seed))
    if behind:
        dense = keras.layers.Dense(4, name="behind")
        y = dense(y)
        settle(dense, np.random.default_rng(target.seed))
    return keras.Model([x, mask] if target.takes_mask else [x], y)


def feed(target: Target, *, rows: int = 4, positions: tuple[int, ...] = (), empty: int = 0) -> list[Array]:
    """What such a model is given; the last rows may be `empty`."""
    batch = target.batch(rows=rows, positions=positions)
    batch.mask[rows - empty :] = False
    x = np.moveaxis(batch.x, -1, 1) if run.door(target.layer(), batch.x.shape) != batch.x.shape else batch.x
    return [x, batch.mask] if target.takes_mask else [x]


def answer(model: keras.Model, given: list[Any]) -> Array:
    return as_array(model([keras.ops.convert_to_tensor(x) for x in given]))
