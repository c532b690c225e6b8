"""Region laws: one formula, whatever cuts the input into bags."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import ops as kops

from kpool.pooling import Pooling
from kpool.testing import backend, run
from kpool.testing.check import Skipped, check
from kpool.testing.compare import Array, as_array, finite, hold, near, rounded, same
from kpool.testing.cuts import REGIONS, Cut, cut
from kpool.testing.data import Batch
from kpool.testing.target import Target


def _no_pooling(target: Target) -> str:
    return "" if target.is_pooling else "only a kpool.Pooling takes a region"


@check("A region's bag is not what the formula makes of its elements alone.", cases=REGIONS, unless=_no_pooling)
def region_bags(target: Target, case: str) -> str:
    made = cut(target, case)
    rank = len(made.positions) + 2
    batch = target.batch(rank)
    given = _given(target, made, "float32", batch.x, batch.mask)
    rows, bags = made.members.shape[:2]
    whole = target.layer(rank=rank, over=None)
    alone = (made.members & batch.mask[:, None]).reshape(rows * bags, *made.positions)
    expected = run.call(whole, np.repeat(batch.x, bags, axis=0), alone)
    what = f"{made.over} and the elements of each bag alone"
    noted = near(given, expected, what, units=4 * target.depth, terms=batch.x)
    empty = np.broadcast_to(np.float32(whole.empty_value), given[~_any(alone)].shape)
    same(given[~_any(alone)], empty, f"{made.over}, a bag without elements")
    return noted


@check("Over a region, masked elements or other bags leak into the gradient.", cases=REGIONS, unless=_no_pooling)
def region_gradients(target: Target, case: str) -> str:
    """Of 3e38 on masked elements the gradient is 0; that of an element in several bags is the sum of theirs."""
    made = cut(target, case)
    batch = target.batch(len(made.positions) + 2)
    x = np.where(batch.mask[..., None], batch.x, np.float32(3e38))
    bags = made.members.shape[1]
    alone = (made.members & batch.mask[:, None]).reshape(-1, *made.positions)
    whole = target.layer(rank=x.ndim, over=None)

    given = as_array(_slope(target, made, batch.mask)(kops.convert_to_tensor(x)))
    one_by_one = _derived(made, lambda x: run.joined(run.outputs(whole, kops.repeat(x, bags, axis=0), alone)))
    expected = as_array(one_by_one(kops.convert_to_tensor(x)))
    finite(given, f"{made.over}, the gradient")
    hold(not given[~batch.mask].any(), f"{made.over}: the gradient of masked elements is not 0")
    return near(given, expected, f"{made.over}, the gradient and that of each bag alone", units=2**10)


@check("Over a region, a dtype, tf.function or XLA changes the answer.", cases=REGIONS, unless=_no_pooling)
def region_modes(target: Target, case: str) -> str:
    """Half precision within 1 ulp of what float32 says, all of it the same in graphs and XLA, traced without sizes."""
    tf = run.tensorflow("modes")
    made = cut(target, case, law=False)
    batch = target.batch(len(made.positions) + 2)
    x = rounded(batch.x.astype("float64"), "bfloat16").astype("float32")
    if target.positive:
        x = np.maximum(x, np.float32(2**-6))
    dtypes = ("float32", "float16", "bfloat16")

    def answers(x: Any, mask: Any) -> list[Any]:
        return [_call(target, made, dtype, keras.ops.cast(x, dtype), mask) for dtype in dtypes]

    eager = [as_array(answer) for answer in answers(tf.constant(x), tf.constant(batch.mask))]
    for dtype, given in zip(dtypes, eager, strict=True):
        noted = near(given, eager[0], f"{made.over}, {dtype} and float32", units=1, dtype=dtype)
    unknown = [None] * (x.ndim - 1)
    signature = [tf.TensorSpec([*unknown, x.shape[-1]], "float32"), tf.TensorSpec(unknown, "bool")]
    for mode in ("graph", "XLA"):  # each traced by itself: what XLA is to compile takes ways of its own
        function = tf.function(answers, input_signature=signature, jit_compile=mode == "XLA")
        answered = function(tf.constant(x), tf.constant(batch.mask))
        for dtype, given, expected in zip(dtypes, answered, eager, strict=True):
            what = f"{made.over}, eager and {mode}, {dtype}"
            near(as_array(given), expected, what, units=2 * target.depth, dtype=dtype, terms=x)
    slope, x = _slope(target, made, batch.mask), tf.constant(batch.x)  # rounded, some tie, and may share as they like
    compiled = as_array(tf.function(slope, jit_compile=True)(x))
    near(compiled, as_array(slope(x)), f"{made.over}, the gradient in eager and XLA", units=2**10)
    return noted


@check("Bags that are pooled in parts, on several devices or in a stream, give another answer.", unless=_no_pooling)
def chunks_merged(target: Target) -> str:
    if target.layer().only_over and "everything" not in target.layer().only_over:
        raise Skipped(f"it pools over {' or '.join(target.layer().only_over)} only")
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


def _slope(target: Target, made: Cut, mask: Array) -> Callable[[Any], Any]:
    """The gradient of the bags' answers, of an input."""
    return _derived(made, lambda x: _bags_first(target, made, _call(target, made, "float32", x, mask)))


def _derived(made: Cut, answer: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """The gradient of Σ c · answer for one random c, the answers of all bags in a row."""
    rows, bags = made.members.shape[:2]

    def loss(inputs: Any) -> Any:
        answers = kops.reshape(answer(inputs), (rows * bags, -1))
        return kops.sum(answers * kops.convert_to_tensor(_cotangent(answers.shape))), None

    derived = backend.derived(loss)
    return backend.quick(lambda inputs: derived(inputs)[1][0])


def _call(target: Target, made: Cut, dtype: str, x: Any, mask: Any) -> Any:
    policy = dtype if dtype == "float32" else f"mixed_{dtype}"
    layer = target.layer(policy, rank=len(made.positions) + 2, over=made.over)
    regions = {} if made.regions is None else {"regions": keras.ops.convert_to_tensor(made.regions)}
    return run.joined(run.outputs(layer, x, mask, **regions))


def _given(target: Target, made: Cut, dtype: str, x: Array, mask: Array) -> Array:
    """The answer of every bag: (batch · bags, features)."""
    answer = as_array(_bags_first(target, made, _call(target, made, dtype, x, mask)))
    rows, bags = made.members.shape[:2]
    return answer.reshape(rows * bags, -1)


def _bags_first(target: Target, made: Cut, answer: Any) -> Any:
    """An answer with its features last, whatever the data format."""
    if made.flat or run.door(target.layer(), (0, 1, 2)) == (0, 1, 2):
        return answer
    return keras.ops.moveaxis(answer, 1, -1)


def _cotangent(shape: Any) -> Array:
    return np.random.default_rng(0).normal(size=tuple(shape)).astype("float32")


def _any(members: Array) -> Array:
    return np.asarray(members.reshape(len(members), -1).any(axis=1))


def _chunk(layer: Pooling, batch: Batch, start: int, end: int | None) -> tuple[Any, Any]:
    x = batch.x[:, start:end]
    x = x if run.door(layer, x.shape) == x.shape else np.moveaxis(x, -1, 1)
    return kops.convert_to_tensor(x), kops.convert_to_tensor(batch.mask[:, start:end])
