"""Shapes: what is announced is what comes, whatever is unknown, 1 or 0."""

from __future__ import annotations

import contextlib

import keras
import numpy as np

from kpool.testing import run
from kpool.testing.check import Skipped, check
from kpool.testing.compare import as_array, finite, hold, near, same
from kpool.testing.data import POSITIONS
from kpool.testing.target import Target

_RANKS = {f"rank {rank}": rank for rank in POSITIONS}
_POLICIES = ("float16", "bfloat16", "float64", "mixed_float16", "mixed_bfloat16")


@check("It pools no input of the usual shapes, or cannot be built from its config.")
def accepts_input(target: Target) -> str:
    try:
        noted = f"ranks {', '.join(map(str, target.ranks))}, {target.features} features"
    except Skipped as reason:
        raise AssertionError(str(reason)) from None
    for rank in target.ranks:
        batch = target.batch(rank)
        finite(run.call(target.layer(rank=rank), batch.x, batch.mask), f"the answer, rank {rank}")
    return noted


@check("The shape a model is planned with is not the shape that comes.", cases=tuple(_RANKS))
def output_shape(target: Target, case: str) -> None:
    rank = _RANKS[case]
    target.needs(rank)
    layer, batch = target.layer(rank=rank), target.batch(rank)
    actual = run.call(layer, batch.x, batch.mask).shape
    for rows in (len(batch.x), None):
        shape = target.shape(rank, batch=rows)
        symbolic = keras.tree.flatten(layer(keras.Input(batch_shape=shape)))
        announced = layer.compute_output_shape(shape)
        hold(
            not isinstance(announced, tuple) or symbolic[0].shape == announced,
            f"compute_output_shape gives {announced} for {shape}, the symbolic answer has {symbolic[0].shape}",
        )
        width = sum(answer.shape[-1] for answer in symbolic)
        hold(
            (*symbolic[0].shape[1:-1], width) == actual[1:],
            f"for {shape} the symbolic answer has shape {symbolic[0].shape}, the actual one {actual}",
        )


@check("An unknown batch or unknown positions cannot be traced, or change the answer.", cases=tuple(_RANKS))
def dynamic_sizes(target: Target, case: str) -> str:
    rank, tf = _RANKS[case], run.tensorflow("tracing")
    target.needs(rank)
    layer, batch = target.layer(rank=rank), target.batch(rank)
    unknown = [None] * (rank - 1)
    signature = [tf.TensorSpec([*unknown, target.features], "float32"), tf.TensorSpec(unknown, "bool")]
    traced = tf.function(lambda x, mask: run.joined(run.outputs(layer, x, mask)), input_signature=signature)
    noted = ""
    for x, mask in ((batch.x, batch.mask), (batch.x[:2, 1:], batch.mask[:2, 1:] | True)):
        given = as_array(traced(x, mask))
        expected, what = run.call(layer, x, mask), f"{x.shape} with every size unknown"
        noted = near(given, expected, what, units=2 * target.depth, terms=x)
    return noted


@check("A single position gives NaN, or cannot be pooled.")
def length_one(target: Target) -> None:
    rank = target.rank
    layer, batch = target.layer(), target.batch(positions=(1,) * (rank - 2))
    if not target.whole:
        raise Skipped("its region need not fit a single position")
    for mask in (None, batch.mask | True):
        finite(run.call(layer, batch.x, mask), "the answer for one position")
    finite(run.gradients(layer, batch.x).input, "the gradient for one position")


@check("An example alone in its batch loses its batch axis, or gives another answer.")
def batch_one(target: Target) -> str:
    layer, batch = target.layer(), target.batch()
    expected = run.call(layer, batch.x, batch.mask)[2:3]
    given = run.call(layer, batch.x[2:3], batch.mask[2:3])
    return near(given, expected, "a batch of one", units=2 * target.depth, terms=batch.x)


@check("The empty batch, which the last shard of a data set may be, raises.")
def batch_zero(target: Target) -> None:
    layer, batch = target.layer(), target.batch()
    for mask in (None, batch.mask[:0]):
        shape, expected = run.call(layer, batch.x[:0], mask).shape, run.call(layer, batch.x).shape[1:]
        hold(shape == (0, *expected), f"an empty batch gives shape {shape} instead of {(0, *expected)}")


@check("An input without positions gives NaN, or raises.")
def no_steps(target: Target) -> None:
    if not target.whole:
        raise Skipped("its region need not fit an input without positions")
    layer, batch = target.layer(), target.batch()
    x, mask = batch.x[:, :0], batch.mask[:, :0]
    for given in (run.call(layer, x), run.call(layer, x, mask)):
        finite(given, "the answer for an input without positions")
        if target.is_pooling:
            same(given, np.full_like(given, layer.empty_value), "the answer for an input without positions")


@check("An input of the wrong rank is pooled over the wrong axes.", cases=("rank 2", "rank 6"))
def wrong_rank_refused(target: Target, case: str) -> None:
    shape = (4, 8) if case == "rank 2" else (2, 2, 2, 2, 2, target.features)
    with contextlib.suppress(ValueError):
        run.call(target.make(), np.ones(shape, "float32"))
        raise AssertionError(f"an input of shape {shape} is taken without a word")


@check("channels_first is another formula than channels_last.")
def data_format(target: Target) -> None:
    if "data_format" not in target.make().get_config() or not target.is_pooling:
        raise Skipped("it is no kpool.Pooling with a data_format")
    for rank in target.ranks:
        batch = target.batch(rank)
        last = run.call(target.layer(rank=rank, data_format="channels_last"), batch.x, batch.mask)
        first = run.call(target.layer(rank=rank, data_format="channels_first"), batch.x, batch.mask)
        same(np.moveaxis(first, 1, -1), last, f"channels_first, rank {rank}")


@check("The answer does not have the dtype that the policy says.", cases=_POLICIES)
def output_dtype(target: Target, case: str) -> None:
    layer, batch = target.layer(case), target.batch()
    for dtype in ("float32", "float16", "float64"):
        for answer in keras.tree.flatten(run.outputs(layer, batch.x.astype(dtype), batch.mask)):
            given = keras.backend.standardize_dtype(answer.dtype)
            hold(given == layer.compute_dtype, f"{dtype} in, {given} out, the policy says {layer.compute_dtype}")
