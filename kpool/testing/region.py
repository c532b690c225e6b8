"""Region laws: one formula, whatever cuts the input into bags."""

from __future__ import annotations

from typing import Any

import numpy as np
from keras import ops as kops

from kpool.pooling import Pooling
from kpool.testing import run
from kpool.testing.check import Skipped, check
from kpool.testing.compare import Array, as_array, hold, near
from kpool.testing.data import POSITIONS, Batch
from kpool.testing.target import Target


def _no_pooling(target: Target) -> str:
    return "" if target.is_pooling else "only a kpool.Pooling takes a region"


@check("One window over the whole input is another formula than no region.", unless=_no_pooling)
def window_of_whole(target: Target) -> str:
    noted = ""
    for rank in target.ranks:
        batch, sizes = target.batch(rank), list(POSITIONS[rank])
        whole, window = target.layer(rank=rank, over=None), target.layer(rank=rank, over=f"window({sizes})")
        expected = run.call(whole, batch.x, batch.mask)
        given = run.call(window, batch.x, batch.mask)
        noted = near(_flat(given), expected, f"window({sizes}) and everything", units=4, terms=batch.x)
    return noted


@check("A window is not what the formula makes of its own elements alone.", unless=_no_pooling)
def window_bags(target: Target) -> str:
    rank = target.rank
    batch = target.batch(rank, positions=(7,) if rank == 3 else (7, *[1] * (rank - 3)))
    size = 3 if rank == 3 else [3, *[1] * (rank - 3)]
    window, whole = target.layer(rank=rank, over=f"window({size}, strides=2)"), target.layer(rank=rank, over=None)
    mask = batch.mask.copy()
    mask[1, 2:5] = False
    given, noted = run.call(window, batch.x, mask), ""
    axis = 2 if run.door(window, given.shape) != given.shape else 1
    hold(given.shape[axis] == 3, f"3 windows expected, the answer has shape {given.shape}")
    for i in range(3):
        bag = slice(2 * i, 2 * i + 3)
        alone = run.call(whole, batch.x[:, bag], mask[:, bag])
        one = np.take(given, [i], axis=axis)
        noted = near(_flat(one), alone, f"window {i} and its elements alone", units=4, terms=batch.x)
    return noted


@check("Bags that are pooled in parts, on several devices or in a stream, give another answer.", unless=_no_pooling)
def chunks_merged(target: Target) -> str:
    layer = target.layer(over=None)
    overrides = type(layer).pool is not Pooling.pool
    hold(layer.folds or not layer.mergeable, "it overrides pool, so it is no fold: declare mergeable = False")
    if overrides or not layer.mergeable:
        raise Skipped("it is no fold of mergeable reductions")
    batch = target.batch()
    batch.mask[1, :4] = False
    batch.mask[1, 5:] = True
    stream, expected = layer.stream(), run.call(layer, batch.x, batch.mask)
    state = stream.start(len(batch.x), target.features)
    late = stream.start(len(batch.x), target.features)
    for a, b in ((0, 2), (2, 4)):
        state = stream.update(state, *_chunk(layer, batch, a, b))
    late = stream.update(late, *_chunk(layer, batch, 4, None))
    given = as_array(stream.finish(stream.merge(state, late)))
    return near(given, expected, "chunks merged and everything", units=8, terms=batch.x)


def _flat(x: Array) -> Array:
    """The one bag's answer: (batch, features), wherever its grid of ones stands."""
    return x.reshape(len(x), -1)


def _chunk(layer: Pooling, batch: Batch, start: int, end: int | None) -> tuple[Any, Any]:
    x = batch.x[:, start:end]
    x = x if run.door(layer, x.shape) == x.shape else np.moveaxis(x, -1, 1)
    return kops.convert_to_tensor(x), kops.convert_to_tensor(batch.mask[:, start:end])
