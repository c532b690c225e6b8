"""Streams: a bag in chunks gives what it gives at once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

import kpool
from kpool.errors import KpoolError

rng = np.random.default_rng(0)
X = rng.normal(100, 1, (3, 40, 4)).astype("float32")
MASK = rng.random((3, 40)) < 0.7
MASK[2] = False
CHUNKS = [(0, 7), (7, 8), (8, 8), (8, 40)]


@pytest.mark.parametrize(
    "spec",
    [
        "mean",
        "std",
        "gem",
        "lse",
        "last",
        "attention",
        "concat(mean, std | l2_norm) | dense(3)",
        "heads(a=max, b=sum)",
        "mix(mean, max)",
    ],
)
def test_chunked_is_whole(spec: str) -> None:
    layer = kpool.head(spec)
    expected = layer(X, mask=MASK)
    stream = layer.stream()
    state = stream.start(3, 4)
    for start, end in CHUNKS:
        state = stream.update(state, X[:, start:end], MASK[:, start:end])
    for given, whole in zip(tf.nest.flatten(stream.finish(state)), tf.nest.flatten(expected), strict=True):
        terms = max(np.abs(X).max(), np.abs(whole).max())
        np.testing.assert_allclose(given, whole, rtol=0, atol=8 * 2.0**-23 * terms)


def test_a_state_is_a_dict_of_tensors_that_can_be_saved(tmp_path: Path) -> None:
    stream = kpool.pool("std").stream()
    state = stream.update(stream.start(3, 4), X[:, :20], MASK[:, :20])
    np.savez(tmp_path / "state.npz", **{name: np.asarray(x) for name, x in state.items()})
    with np.load(tmp_path / "state.npz") as kept:
        later = kpool.pool("std").stream()  # of another process, say
        state = later.update({name: tf.constant(kept[name]) for name in kept.files}, X[:, 20:], MASK[:, 20:])
    np.testing.assert_allclose(later.finish(state), kpool.pool("std")(X, mask=MASK), rtol=1e-6)


def test_order_is_kept() -> None:
    stream = kpool.pool("first").stream()
    early, late = (stream.update(stream.start(3, 4), X[:, a:b]) for a, b in ((0, 20), (20, 40)))
    np.testing.assert_array_equal(stream.finish(stream.merge(early, late)), X[:, 0])
    np.testing.assert_array_equal(stream.finish(stream.merge(late, early)), X[:, 20])


def test_it_runs_in_a_loop_of_a_graph() -> None:
    layer = kpool.pool("gem")
    layer(X)
    stream = layer.stream()

    @tf.function(jit_compile=True)
    def pooled(x: tf.Tensor) -> tf.Tensor:
        state = stream.start(3, 4)
        for i in tf.range(8):
            state = stream.update(state, x[:, i])
        return stream.finish(state)

    np.testing.assert_allclose(pooled(X.reshape(3, 8, 5, 4)), layer(X), rtol=1e-6)


def test_segments_go_on_from_chunk_to_chunk() -> None:
    layer, ids = kpool.pool("mean(over=segments(5))"), rng.integers(0, 5, (3, 40))
    stream = layer.stream()
    state = stream.start(3, 4)
    for start, end in CHUNKS:
        state = stream.update(state, X[:, start:end], MASK[:, start:end], regions=ids[:, start:end])
    np.testing.assert_allclose(stream.finish(state), layer(X, mask=MASK, regions=ids), rtol=1e-6)


def test_branches_get_the_regions_they_ask_for() -> None:
    layer, ids = kpool.pool("heads(a=mean, b=mean(over=segments(5)))"), rng.integers(0, 5, (3, 40))
    stream, whole = layer.stream(), layer(X, regions=ids)
    given = stream.finish(stream.update(stream.start(3, 4), X, regions=ids))
    for name in "ab":
        np.testing.assert_allclose(given[name], whole[name], rtol=1e-6)


def test_a_mask_may_be_required() -> None:
    stream = kpool.pool("mean(require_mask=true)").stream()
    state = stream.update(stream.start(3, 4), X, MASK)
    np.testing.assert_allclose(stream.finish(state), kpool.pool("mean")(X, mask=MASK), rtol=1e-6)
    with pytest.raises(kpool.MaskError, match="was given no mask"):
        stream.update(state, X)


@pytest.mark.parametrize(
    ("chunk", "message"),
    [
        pytest.param(X[:1], "a chunk of batch 1 for a stream that was started with batch 3", id="another batch"),
        pytest.param(X[..., :1], "has another width", id="another width"),
    ],
)
def test_chunks_are_alike(chunk: np.ndarray, message: str) -> None:
    stream = kpool.pool("mean").stream()
    with pytest.raises(KpoolError, match=message):
        stream.update(stream.start(3, 4), chunk)


def test_a_stream_keeps_the_budget() -> None:
    with pytest.raises(kpool.BudgetError):
        kpool.Head("mean | dense(1000)", budget=10).stream().start(3, 4)


def test_nothing_seen_is_an_empty_bag() -> None:
    stream = kpool.pool("mean(empty_value=-1)").stream()
    np.testing.assert_array_equal(stream.finish(stream.start(2, 4)), np.full((2, 4), -1))


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        pytest.param("top_k(k=0.5)", "top_k needs its whole bag at once", id="no fold"),
        pytest.param("mean(over=window(2))", "a stream pools over everything or over segments", id="cuts by position"),
        pytest.param("dense(3) | mean", "begins with dense_0, which has no stream", id="a stage first"),
        pytest.param("mean(over=axis(1)) | max", "pools twice", id="two pools"),
    ],
)
def test_what_has_no_stream_says_so(spec: str, message: str) -> None:
    with pytest.raises(KpoolError, match=message):
        kpool.head(spec).stream()
