"""Region laws: one formula, whatever cuts the input into bags."""

from __future__ import annotations

import functools

import numpy as np
from keras import ops as kops

from kpool.pooling import Pooling
from kpool.reductions import Reduction, State
from kpool.testing import run
from kpool.testing.check import Skipped, check
from kpool.testing.compare import Array, as_array, hold, near
from kpool.testing.data import POSITIONS
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
    folds = type(layer).pool is Pooling.pool
    hold(folds or not layer.mergeable, "it overrides pool, so it is no fold: declare mergeable = False")
    if not folds or not layer.mergeable:
        raise Skipped("it is no fold of mergeable reductions")
    batch = target.batch()
    batch.mask[1, :4] = False
    batch.mask[1, 5:] = True
    parts = [_states(layer, batch.x[:, a:b], batch.mask[:, a:b]) for a, b in ((0, 2), (2, 4), (4, None))]
    values = []
    for same in zip(*parts, strict=True):
        first, _ = same[0]
        values.append(first.value(functools.reduce(first.merge, [state for _, state in same])))
    expected = run.call(layer, batch.x, batch.mask)
    return near(as_array(layer.lower(*values)), expected, "chunks merged and everything", units=8, terms=batch.x)


def _flat(x: Array) -> Array:
    """The one bag's answer: (batch, features), wherever its grid of ones stands."""
    return x.reshape(len(x), -1)


def _states(layer: Pooling, x: Array, mask: Array) -> list[tuple[Reduction, State]]:
    (bags,) = layer._bags(kops.convert_to_tensor(x), kops.convert_to_tensor(mask))
    return [(reduction, reduction.state(bags)) for reduction in layer.reductions(bags.elements)]
