"""Windows against the definition, one by one, and against Keras where Keras is right."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

import kpool
from kpool.errors import SpecError
from kpool.region.window import Window

rng = np.random.default_rng(0)

CUTS = [
    pytest.param((8,), {"size": 2}, id="halves"),
    pytest.param((9,), {"size": 2}, id="length not divisible"),
    pytest.param((9,), {"size": 3, "strides": 2}, id="overlapping"),
    pytest.param((10,), {"size": 2, "strides": 4}, id="gaps between"),
    pytest.param((10,), {"size": 3, "dilation": 3, "strides": 1}, id="dilated"),
    pytest.param((7,), {"size": 7}, id="whole"),
    pytest.param((5,), {"size": 1}, id="single elements"),
    pytest.param((8,), {"size": 3, "strides": 2, "padding": "same"}, id="same, even length"),
    pytest.param((9,), {"size": 3, "strides": 2, "padding": "same"}, id="same, odd length"),
    pytest.param((9,), {"size": 4, "strides": 1, "padding": "same"}, id="same, even size: the odd margin is behind"),
    pytest.param((4,), {"size": 9, "strides": 2, "padding": "same"}, id="same, larger than the input"),
    pytest.param((8,), {"size": 2, "strides": 5, "padding": "same"}, id="same, gaps between"),
    pytest.param((11,), {"size": 3, "dilation": 2, "strides": 3, "padding": "same"}, id="same, dilated"),
    pytest.param((5, 7), {"size": 2}, id="2-D"),
    pytest.param((5, 7), {"size": [3, 2], "strides": [1, 2], "padding": "same"}, id="2-D, each axis its own"),
    pytest.param((6, 7), {"size": 2, "dilation": [1, 3], "strides": 2}, id="2-D, dilated"),
    pytest.param((3, 4, 5), {"size": 2, "strides": [1, 2, 2]}, id="3-D"),
    pytest.param((3, 4, 5), {"size": [2, 3, 2], "padding": "same"}, id="3-D, same"),
]

FORMULAS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "mean": lambda x: x.mean(0),
    "max": lambda x: x.max(0),
    "first": lambda x: x[0],
    "last": lambda x: x[-1],
    "std": lambda x: x.std(0),
    "softmax": lambda x: (np.exp(x) * x).sum(0) / np.exp(x).sum(0),
    "lse(r=1.0)": lambda x: np.log(np.exp(x).mean(0)),
    "top_k(k=2)": lambda x: np.sort(x, axis=0)[-2:].mean(0),
    "top_k(k=0.5)": lambda x: np.sort(x, axis=0)[len(x) // 2 :].mean(0),
}


def axis_windows(length: int, size: int, strides: int, dilation: int, padding: str) -> list[list[int]]:
    """The positions of each window along one axis, as in TensorFlow's documentation of padding."""
    span = dilation * (size - 1) + 1
    if padding == "valid":
        starts = range(0, length - span + 1, strides)
    else:
        count = -(-length // strides)
        before = max((count - 1) * strides + span - length, 0) // 2
        starts = range(-before, -before + count * strides, strides)
    return [[p for p in range(start, start + span, dilation) if 0 <= p < length] for start in starts]


def windows(positions: tuple[int, ...], arguments: dict[str, Any]) -> tuple[tuple[int, ...], list[list[Any]]]:
    """The grid, and each window's positions in row-major order."""
    every = {"strides": arguments["size"], "dilation": 1, **arguments}
    each = {k: [v] * len(positions) if isinstance(v, int) else v for k, v in every.items() if k != "padding"}
    axes = [
        axis_windows(length, each["size"][i], each["strides"][i], each["dilation"][i], every.get("padding", "valid"))
        for i, length in enumerate(positions)
    ]
    return tuple(map(len, axes)), [list(itertools.product(*window)) for window in itertools.product(*axes)]


def pool(name: str, region: Window) -> kpool.Pooling:
    return kpool.pool(f"{name.rstrip(')')}{', ' if '(' in name else '('}over={region})")


@pytest.mark.parametrize("name", FORMULAS)
@pytest.mark.parametrize(("positions", "arguments"), CUTS)
@pytest.mark.parametrize("masked", [False, True], ids=["all", "masked"])
def test_each_window_is_a_bag(positions: tuple[int, ...], arguments: dict[str, Any], name: str, masked: bool) -> None:
    x = rng.normal(size=(2, *positions, 3)).astype("float32")
    mask = rng.random((2, *positions)) < (0.5 if masked else 1.1)
    grid, bags = windows(positions, arguments)
    counted = [[[x[i][p] for p in window if mask[i][p]] for window in bags] for i in range(2)]
    expected = [[FORMULAS[name](np.stack(bag)) if bag else np.zeros(3) for bag in row] for row in counted]
    layer = pool(name, Window(**arguments))
    pooled = layer(np.where(mask[..., None], x, np.nan), mask=mask if masked else None)
    np.testing.assert_allclose(pooled, np.reshape(expected, (2, *grid, 3)), rtol=1e-5, atol=1e-6)
    assert layer.compute_output_shape((None, *positions, 3)) == (None, *grid, 3)
    occupied = np.reshape([[bool(bag) for bag in row] for row in counted], (2, *grid))
    np.testing.assert_array_equal(layer.compute_mask(x, tf.constant(mask)), occupied)


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize(("size", "strides"), [(2, 2), (3, 1), (3, 2)])
@pytest.mark.parametrize("rank", [1, 2, 3])
@pytest.mark.parametrize(("name", "theirs"), [("mean", "AveragePooling"), ("max", "MaxPooling")], ids=["mean", "max"])
def test_is_keras_where_keras_is_right(
    name: str, theirs: str, rank: int, size: int, strides: int, padding: str
) -> None:
    x = rng.normal(size=(2, *(5, 6, 7)[:rank], 3)).astype("float32")
    expected = getattr(keras.layers, f"{theirs}{rank}D")(size, strides, padding)(x)
    np.testing.assert_allclose(pool(name, Window(size, strides, padding))(x), expected, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("region", [Window(2), Window(3, 2, "same"), Window(3, 1, "same", 2)], ids=str)
@pytest.mark.parametrize("name", ["mean", "max", "last", "std", "softmax", "top_k"])
@pytest.mark.parametrize("jit", [pytest.param(False, id="graph"), pytest.param(True, id="XLA")])
def test_unknown_sizes(region: Window, name: str, jit: bool) -> None:
    layer = pool(name, region)
    # XLA compiles for the sizes it is called with; within its trace they are known
    known = None if jit else [tf.TensorSpec((None, None, None, 2)), tf.TensorSpec((None, None, None), tf.bool)]
    compiled = tf.function(lambda x, mask: layer(x, mask=mask), input_signature=known, jit_compile=jit)
    for shape in ((2, 5, 6), (1, 3, 8)):
        x, mask = rng.normal(size=(*shape, 2)).astype("float32"), rng.random(shape) < 0.6
        np.testing.assert_allclose(compiled(x, mask), layer(x, mask=mask), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize(
    ("region", "positions", "grid"),
    [
        pytest.param(Window(2), (None, 7), (None, 3), id="unknown stays unknown"),
        pytest.param(Window(3, 2, "same"), (7, None), (4, None), id="same"),
        pytest.param(Window([2, 3], 1), (4, 3), (3, 1), id="each axis its own"),
        pytest.param(Window(2), (7,), (3,), id="the last, incomplete window is left out"),
        pytest.param(Window(2, padding="same"), (7,), (4,), id="the last, incomplete window is kept"),
    ],
)
def test_grid(region: Window, positions: tuple[int | None, ...], grid: tuple[int | None, ...]) -> None:
    assert region.grid(positions) == grid


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize(
    ("shape", "grid"),
    [
        pytest.param((0, 2, 2), (0, 1, 2), id="no example"),
        pytest.param((1, 2, 1), (1, 1, 1), id="nothing but one window"),
    ],
)
def test_small_batches(padding: str, shape: tuple[int, ...], grid: tuple[int, ...]) -> None:
    """keras.ops.add (3.15.1) takes a tensor like (0, 1, 2) for a bias, and fails."""
    assert pool("mean", Window(2, padding=padding))(np.ones(shape, "float32")).shape == grid


def test_no_step_gives_no_window() -> None:
    assert pool("mean", Window(2, padding="same"))(np.ones((1, 0, 2), "float32")).shape == (1, 0, 2)


def test_a_window_hands_its_mask_on() -> None:
    tokens = keras.Input((6,))
    x = keras.layers.Embedding(5, 3, mask_zero=True)(tokens)
    model = keras.Model(tokens, kpool.pool("mean")(kpool.pool("sum(over=window(2))")(x)))
    embedded = model.layers[1].get_weights()[0]
    expected = np.mean([embedded[1] + embedded[2], embedded[3]], axis=0)
    np.testing.assert_allclose(model(np.array([[1, 2, 3, 0, 0, 0]])), [expected], rtol=1e-5)


@pytest.mark.parametrize("size", [pytest.param(6, id="size"), pytest.param([2], id="as many numbers as axes")])
def test_a_window_may_be_as_large_as_its_axis(size: int | list[int]) -> None:
    assert Window(size).grid((6,)) == (6 // np.max(size),)


@pytest.mark.parametrize(
    ("region", "message"),
    [
        pytest.param(Window(7), r"spans 7 positions and does not fit an axis of 6.*padding='same'", id="size"),
        pytest.param(Window(4, dilation=2), "spans 7 positions and does not fit an axis of 6", id="dilation"),
        pytest.param(Window([2, 2]), "has 2 numbers for an input with 1 position axes; give 1", id="too many axes"),
        pytest.param(Window(2, [1, 1]), "has 2 numbers for an input with 1 position axes", id="strides of other axes"),
    ],
)
def test_windows_that_do_not_fit(region: Window, message: str) -> None:
    """Keras's MaxPooling1D gives an error of oneDNN, or kills the process (tensorflow #125509)."""
    layer = pool("max", region)
    with pytest.raises(SpecError, match=message):
        layer.compute_output_shape((None, 6, 3))
    with pytest.raises(SpecError, match=message):
        layer(np.ones((1, 6, 3), "float32"))
    with pytest.raises(SpecError, match=message):
        layer(keras.Input((6, 3)))


def test_an_axis_found_too_short_in_a_graph_has_no_window() -> None:
    layer = pool("mean", Window(4))
    compiled = tf.function(layer, input_signature=[tf.TensorSpec((None, None, 3))])
    assert compiled(np.ones((2, 3, 3), "float32")).shape == (2, 0, 3)


def test_first_differs_from_last_only_in_order() -> None:
    x = rng.normal(size=(2, 9, 3)).astype("float32")
    first, last = (pool(name, Window(3))(x) for name in ("first", "last"))
    np.testing.assert_array_equal(first, pool("last", Window(3))(x[:, ::-1])[:, ::-1])
    assert np.any(first != last)


def test_a_large_window_errs_by_a_few_eps() -> None:
    x = np.random.default_rng(0).random((1, 20 * 512, 4), "float32")
    expected = x.astype("float64").reshape(1, 20, 512, 4).mean(axis=2)
    np.testing.assert_allclose(kpool.pool("mean(over=window(512))")(x), expected, rtol=4 * np.finfo("float32").eps)


@pytest.mark.parametrize("place", range(4))
def test_xla_shows_nan_wherever_in_a_window_it_stands(place: int) -> None:
    x = np.zeros((1, 8, 1), "float32")
    x[0, place] = np.nan
    given = tf.function(kpool.pool("max(over=window(4))"), jit_compile=True)(x)
    np.testing.assert_array_equal(given[0, :, 0], [np.nan, 0])
