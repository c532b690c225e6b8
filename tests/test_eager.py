"""Eager calls with a large input are compiled, the second time and from then on."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

import kpool
from kpool import eager, registry
from kpool.errors import MaskError

rng = np.random.default_rng(0)
X = tf.constant(rng.normal(size=(4, 40, 8)).astype("float32"))
MASK = tf.constant(rng.random((4, 40)) < 0.6)
WEIGHTS = tf.constant(rng.random((4, 40)).astype("float32"))
IDS = tf.constant(rng.integers(-1, 2, (4, 40)))


@pytest.fixture(autouse=True)
def _small_inputs_are_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(eager, "LEAST_ELEMENTS", X.shape.num_elements())


def compiled(layer: kpool.Pooling) -> int:
    """How many signatures are compiled."""
    return sum(function is not None for function in layer._core._compiled.values())


@pytest.mark.parametrize(
    "spec",
    [
        "mean",
        "gem",
        "softmax(over=window(2))",
        "attention",
        "std(data_format=channels_first)",
        "median",
        "top_k(k=3, over=window(4))",
        "stochastic(over=window(4))",
        "dsmil(2)",
    ],
)
def test_the_second_call_is_compiled_and_gives_the_same(spec: str) -> None:
    layer = kpool.pool(spec)
    x = tf.transpose(X, (0, 2, 1)) if "channels_first" in spec else X
    first = layer(x, mask=MASK)
    assert compiled(layer) == 0
    second = layer(x, mask=MASK)
    assert compiled(layer) == 1
    np.testing.assert_allclose(second, first, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("spec", ["lstm(4)", "gru(4)"])
def test_a_loop_over_the_steps_is_not_compiled(spec: str) -> None:
    """XLA (TF 2.21) keeps what its gradient needs to itself."""
    layer = kpool.pool(spec)
    for _ in range(3):
        with tf.GradientTape() as tape:
            tape.watch(X)
            loss = tf.reduce_sum(layer(X, mask=MASK))
        assert tape.gradient(loss, X) is not None
    assert not layer._core._compiled


@pytest.mark.parametrize("needs", ["values", "an operation that XLA has not"])
def test_what_cannot_be_compiled_goes_on_op_by_op(needs: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a strategy that somebody tries in a notebook."""
    monkeypatch.setattr(registry.default(), "_local", {})

    def mean(x: tf.Tensor) -> np.ndarray:
        return x.numpy().mean(axis=1)

    @kpool.strategy("by_numpy")
    class ByNumpy(kpool.Pooling):
        def pool(self, bags: Any) -> Any:
            x = bags.elements
            return (
                tf.constant(mean(x))
                if needs == "values"
                else tf.ensure_shape(tf.py_function(mean, [x], x.dtype), (4, 8))
            )

    layer = kpool.pool("by_numpy")
    for _ in range(3):
        np.testing.assert_allclose(layer(X), np.mean(X, axis=1), rtol=1e-5, atol=1e-6)


def test_what_is_done_in_training_only_is_not_compiled() -> None:
    draws, gathers, adds_a_loss = map(kpool.pool, ("stochastic(over=window(4))", "gaussian", "multi_hop(penalty=1.0)"))
    for layer in (draws, gathers, adds_a_loss):
        for _ in range(3):
            layer(X, mask=MASK, training=True)
        assert not layer._core._compiled
    assert adds_a_loss.losses
    assert float(tf.reduce_max(tf.abs(draws(X, training=True) - draws(X, training=True)))) > 0


def test_gradients_go_through_it_to_input_and_weights() -> None:
    layer = kpool.pool("gem")
    slopes = []
    for _ in range(3):
        with tf.GradientTape() as tape:
            tape.watch(X)
            loss = tf.reduce_sum(layer(X, mask=MASK) ** 2)
        slopes.append(tape.gradient(loss, [X, layer.p.value]))
    assert compiled(layer) == 1
    for given, expected in zip(slopes[-1], slopes[0], strict=True):
        np.testing.assert_allclose(given, expected, rtol=1e-4, atol=1e-5)


def test_weights_that_change_are_seen() -> None:
    layer = kpool.pool("gem")
    layer(X)
    before = layer(X)
    layer.p.assign(6.0)
    assert float(tf.reduce_max(tf.abs(layer(X) - before))) > 0.01


def test_a_mask_is_checked_all_the_same() -> None:
    layer = kpool.pool("mean(require_mask=true)")
    for _ in range(2):
        layer(X, mask=MASK)
    with pytest.raises(MaskError, match="other than 0 and 1"):
        layer(X, mask=tf.where(MASK, 0.0, -1e9))
    with pytest.raises(MaskError, match="was given no mask"):
        layer(X)


def test_what_xla_would_drop_is_checked_all_the_same() -> None:
    layer, segments = kpool.pool("gem(negatives=error)"), kpool.pool("mean(over=segments(2))")
    for _ in range(2):
        layer(tf.abs(X))
        segments(X, weights=WEIGHTS, regions=IDS)
    assert compiled(layer) == compiled(segments) == 1
    with pytest.raises(kpool.KpoolError, match="below 0"):
        layer(X)
    with pytest.raises(kpool.KpoolError, match="whole numbers from 0 to 1"):
        segments(X, weights=WEIGHTS, regions=IDS + 1)
    with pytest.raises(MaskError, match="negative or infinite"):
        segments(X, weights=-WEIGHTS, regions=IDS)


@pytest.mark.parametrize("spec", ["mean(over=segments(2))", "max(over=segments(2))", "gem(over=spans(longest=9))"])
def test_regions_and_weights_are_compiled_and_so_is_the_mask_of_bags(spec: str) -> None:
    layer = kpool.pool(spec)
    regions = IDS if "segments" in spec else tf.constant([[[0, 9], [0, 0], [20, 25]]] * 4)
    first, second = (layer(X, mask=MASK, weights=WEIGHTS, regions=regions) for _ in range(2))
    assert compiled(layer) == 1
    np.testing.assert_allclose(second, first, rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(second._keras_mask, first._keras_mask)


@pytest.mark.parametrize("spec", ["mean(over=spans)", "k_max(2, over=segments(2))"])
def test_what_compiled_would_make_room_for_all_steps_in_each_bag_is_not(spec: str) -> None:
    layer = kpool.pool(spec)
    regions = IDS if "segments" in spec else tf.constant([[[0, 9]]] * 4)
    for _ in range(3):
        layer(X, regions=regions)
    assert set(layer._core._compiled.values()) == {layer._core._function}


def test_ever_new_lengths_are_not_compiled_for_ever() -> None:
    layer = kpool.pool("mean")
    for steps in range(40, 40 + 2 * eager.MOST_SIGNATURES):
        x = tf.zeros((4, steps, 8))
        for _ in range(2):
            layer(x)
    assert len(layer._core._compiled) == eager.MOST_SIGNATURES


def test_in_a_graph_it_is_a_part_of_the_graph() -> None:
    """What is at hand there, as a table of vectors, too."""
    layer = kpool.pool("mean(over=segments(2))")
    expected = layer(X, regions=IDS)
    for _ in range(2):
        given = tf.function(lambda: layer(X, regions=IDS), autograph=False)()
        np.testing.assert_allclose(given, expected, rtol=1e-5, atol=1e-6)
    assert not compiled(layer)


def test_it_can_be_turned_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KPOOL_COMPILE", "0")
    layer = kpool.pool("mean")
    for _ in range(2):
        layer(X)
    assert not layer._core._compiled


def test_small_inputs_go_op_by_op() -> None:
    layer = kpool.pool("mean")
    for _ in range(2):
        layer(X[:1])
    assert not layer._core._compiled


def test_a_layer_that_compiled_can_be_saved_and_copied(tmp_path: Path) -> None:
    inputs = keras.Input((40, 8))
    model = keras.Model(inputs, kpool.pool("gem")(inputs))
    for _ in range(2):
        model(X)
    model.save(tmp_path / "model.keras")
    np.testing.assert_allclose(keras.models.load_model(tmp_path / "model.keras")(X), model(X), rtol=1e-6)
    np.testing.assert_allclose(copy.deepcopy(model.layers[-1])(X), model(X), rtol=1e-6)
