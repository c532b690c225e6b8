"""Pipe: what goes along from layer to layer, and what is left behind."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

import kpool
from kpool import KpoolError, PluginError, SpecError
from kpool.hookspecs import Component
from kpool.pipe import Pipe, build_layer
from kpool.spec import Call

X = np.random.default_rng(0).normal(size=(3, 6, 4)).astype("float32")
MASK = np.array([[1, 1, 1, 0, 0, 0], [0, 0, 1, 1, 1, 1], [0, 0, 0, 0, 0, 0]], bool)
WEIGHTS = np.array([[1, 2, 0, 1, 1, 1], [1, 1, 3, 1, 0.5, 1], [2, 1, 1, 1, 1, 1]], "float32")
NAN = np.where(MASK[..., None], X, np.float32(np.nan))


def by_hand(pipe: Pipe, x: Any, mask: Any = None, weights: Any = None) -> Any:
    """The layers one by one, the first pool with mask and weights."""
    given = {"mask": mask, "weights": weights}
    for node in pipe.nodes:
        pools = isinstance(node, kpool.Pooling)
        x = node(x, **given) if pools else node(x)
        given = {} if pools else given
    return x


@pytest.mark.parametrize(
    "spec",
    [
        pytest.param("mean", id="pool"),
        pytest.param("stats | l2_norm | dense(3)", id="pool-first"),
        pytest.param("dense(5) | lse", id="class-wise-pooling"),
        pytest.param("layer_norm | mlp([8, 5]) | gem | activation(tanh) | dense(2)", id="pool-in-the-middle"),
        pytest.param("concat(mean, dense(3) | max) | dense(2)", id="branches"),
    ],
)
def test_is_its_layers_in_order(spec: str) -> None:
    pipe = Pipe(spec)
    x = NAN if spec.startswith(("mean", "stats")) else X
    np.testing.assert_array_equal(pipe(x, mask=MASK, weights=WEIGHTS), by_hand(pipe, x, MASK, WEIGHTS))
    np.testing.assert_array_equal(pipe(X), by_hand(pipe, X))
    symbolic = pipe(keras.Input((None, 4)))
    assert symbolic.shape == pipe.compute_output_shape((None, None, 4)) == (None, pipe(X).shape[-1])


def test_mask_reaches_the_pool_behind_stages() -> None:
    pipe = Pipe("dense(5) | dropout | activation(relu) | l2_norm | layer_norm | mlp(3) | max")
    np.testing.assert_array_equal(pipe(NAN, mask=MASK), pipe(np.where(MASK[..., None], X, 7), mask=MASK))
    assert not pipe(X, mask=MASK)[2].numpy().any()


@pytest.mark.parametrize("spec", ["dense(5) | max", "concat(dense(5) | lse, mlp(3) | mean) | dense(2)"])
def test_masked_nan_before_a_stage_has_no_gradient(spec: str) -> None:
    pipe, x = Pipe(spec), tf.Variable(NAN)
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(pipe(x, mask=MASK) ** 2)
    gradient, *of_weights = tape.gradient(loss, [x, *pipe.trainable_variables])
    assert not gradient.numpy()[~MASK].any()
    assert all(np.isfinite(g).all() for g in (gradient, *of_weights))


@pytest.mark.parametrize("spec", ["dense(5) | mean", "batch_norm | mean", "concat(mlp(3) | lse, mean)"])
def test_what_has_no_weight_before_a_stage_is_as_masked(spec: str) -> None:
    pipe, weights = Pipe(spec), MASK.astype("float32")
    pipe(X)
    given = []
    for counts in ({"weights": weights}, {"mask": MASK}):
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(pipe(NAN, training=True, **counts) ** 2)
        given.append([loss, *tape.gradient(loss, pipe.trainable_variables)])
    for one, other in zip(*given, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)


def test_grid_and_its_mask_reach_the_second_pool() -> None:
    pipe = Pipe("mean(over=window(2)) | min")
    grid = NAN[:2].reshape(2, 3, 2, 4)
    expected = [np.nanmean(row[counted.any(axis=-1)], axis=1).min(axis=0) for row, counted in zip(
        grid, MASK[:2].reshape(2, 3, 2), strict=True)]  # fmt: skip
    np.testing.assert_allclose(pipe(NAN, mask=MASK)[:2], expected, rtol=1e-6)


def test_weights_are_used_once() -> None:
    pipe = Pipe("sum(over=window(2)) | sum")
    np.testing.assert_allclose(pipe(X, weights=WEIGHTS), (X * WEIGHTS[..., None]).sum(axis=1), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("where", ["pipe", "symbolic"])
def test_pool_after_pool(where: str) -> None:
    with pytest.raises(KpoolError, match=r"max pools .* given shape \(.*, 4\); if a pool stands before it, that left"):
        Pipe("mean | max")(X if where == "pipe" else keras.Input((6, 4)))


@pytest.mark.parametrize("spec", ["mean | heads(a=dense(2), b=dense(3)) | dense(2)", "heads(a=mean, b=min) | max"])
def test_nothing_follows_several_outputs(spec: str) -> None:
    with pytest.raises(SpecError, match=r"nothing can follow several outputs \(a, b\); put what follows into their"):
        Pipe(spec)(X)


def test_dropout_is_active_in_training_only() -> None:
    keras.utils.set_random_seed(0)
    pipe = Pipe("concat(mean | dropout(0.5), max) | dropout(0.5)")
    np.testing.assert_array_equal(pipe(X), pipe(X))
    assert (pipe(X, training=True).numpy() == 0).mean() > 0.2


@pytest.mark.parametrize("spec", ["batch_norm | mean", "mean | batch_norm", "concat(mean | batch_norm, max)"])
def test_batch_norm_learns_in_training_and_leaves_examples_alone(spec: str) -> None:
    pipe = Pipe(spec)
    before = pipe(X)
    pipe(X + 5, training=True, mask=MASK)
    after = pipe(X)
    assert np.abs(after - before).max() > 0
    np.testing.assert_allclose(pipe(X[:1]), after[:1], rtol=1e-6, atol=1e-6)


def test_dtype_goes_to_every_layer() -> None:
    pipe = Pipe("concat(gem, attention | l2_norm) | mlp(3) | batch_norm | dense(2)", dtype="mixed_float16")
    assert pipe(X).dtype == pipe(keras.Input((None, 4))).dtype == "float16"
    assert {layer.compute_dtype for layer in pipe._flatten_layers()} == {"float16"}
    assert {weight.dtype for weight in pipe.weights} == {"float32"}


@pytest.mark.parametrize("value", [3, None, b"mean", ["mean"]], ids=str)
def test_refuses_what_is_no_spec(value: Any) -> None:
    with pytest.raises(SpecError, match="a spec is text, not"):
        Pipe(value)


def test_component_that_gives_no_layer() -> None:
    component = Component("three", "builtins:int", kind="stage", plugin="toys", loaded=lambda: 3)
    with pytest.raises(PluginError, match="toys/three gave int, not a Keras layer"):
        build_layer(Call(component, {}))
    greedy = Component("greedy", "builtins:int", kind="stage", plugin="toys", loaded=lambda name="": 3)
    with pytest.raises(SpecError, match="greedy: name cannot be an argument"):
        build_layer(Call(greedy, {"name": "x"}), name="y")


def test_windows_that_weights_leave_empty_are_masked_for_the_next_pool() -> None:
    x = np.random.default_rng(0).normal(size=(1, 4, 3)).astype("float32")
    weights = np.array([[0.0, 0.0, 1.0, 1.0]], "float32")
    head = kpool.head("mean(over=window(2)) | min")
    np.testing.assert_array_equal(head(x, weights=weights), head(x, mask=weights > 0))
