"""Bins: start ⌊i L / o⌋, end ⌈(i + 1) L / o⌉, for any L and o."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

import kpool
from kpool.errors import SpecError
from kpool.region.bins import Bins, UnevenAxis

rng = np.random.default_rng(0)


def edges(length: int, bins: int) -> list[tuple[int, int]]:
    """As defined, in Python's integers."""
    return [(i * length // bins, -(-(i + 1) * length // bins)) for i in range(bins)]


def assert_exact(length: int, bins: int) -> None:
    """Of 0, 1, 2, … the first and the last of each bin are its edges, and its size says that nothing is missing."""
    x = tf.reshape(tf.range(length, dtype="float64"), (1, length, 1))
    bags = Bins(bins).bags(x, None, None)
    first, last, size = (
        np.asarray(t)[0, :, 0] for t in (bags.first(bags.elements), bags.last(bags.elements), bags.size)
    )
    starts, ends = np.array(edges(length, bins)).T
    np.testing.assert_array_equal(first, starts, f"{bins} bins of {length}")
    np.testing.assert_array_equal(last, ends - 1, f"{bins} bins of {length}")
    np.testing.assert_array_equal(size, ends - starts, f"{bins} bins of {length}")


@pytest.mark.parametrize("bins", [1, 2, 3, 7, 13, 600])
def test_exact_for_every_length_up_to_600(bins: int) -> None:
    for length in range(1, 601):
        assert_exact(length, bins)


def test_exact_for_long_inputs() -> None:
    """i · L passes 2³¹ here: in 32 bits, or in float32, the edges would be wrong."""
    for length, bins in [*rng.integers(1, (1_000_001, 1001), (1000, 2)), (1_000_000, 999_999)]:
        axis = UnevenAxis(int(bins), int(length))
        starts, ends = np.array(edges(int(length), int(bins))).T
        np.testing.assert_array_equal(axis.places[:, 0], starts)
        np.testing.assert_array_equal(axis.inside.sum(axis=1), ends - starts)


@pytest.mark.parametrize("jit", [False, True], ids=["graph", "XLA"])
@pytest.mark.parametrize("bins", [1, 3, 7, 13])
def test_exact_where_the_length_is_unknown(bins: int, jit: bool) -> None:
    """One trace serves every length."""

    @tf.function(input_signature=[tf.TensorSpec((None, None, 1), "float64")], jit_compile=jit)
    def cut(x: tf.Tensor) -> list[tf.Tensor]:
        bags = Bins(bins).bags(x, None, None)
        return [bags.first(bags.elements), bags.last(bags.elements), bags.size]

    for length in [1, 2, 12, 13, 14, 999_983] if jit else [*range(1, 60), *rng.integers(1, 1_000_001, 100)]:
        first, last, size = (t.numpy()[0, :, 0] for t in cut(np.arange(length, dtype="float64").reshape(1, -1, 1)))
        starts, ends = np.array(edges(int(length), bins)).T
        np.testing.assert_array_equal([first, last, size], [starts, ends - 1, ends - starts], f"{bins} of {length}")


@pytest.mark.parametrize("spec", ["mean", "max"])
@pytest.mark.parametrize("bins", ["1", "[3, 2]", "[none, 4]", "9"])
def test_two_axes_are_cut_independently(spec: str, bins: str) -> None:
    x, mask = rng.normal(size=(2, 7, 5, 3)), rng.random((2, 7, 5)) < 0.7
    given = kpool.pool(f"{spec}(over=bins({bins}))")(x, mask=mask).numpy()
    rows, cols = given.shape[1:3]
    for i, (top, bottom) in enumerate(edges(7, rows)):
        for j, (left, right) in enumerate(edges(5, cols)):
            for row in range(2):
                bag = x[row, top:bottom, left:right][mask[row, top:bottom, left:right]]
                expected = getattr(bag, spec)(axis=0) if len(bag) else np.zeros(3)
                np.testing.assert_allclose(given[row, i, j], expected, rtol=1e-5, atol=1e-6)


def test_none_keeps_an_axis() -> None:
    """A strip for each row, as strip pooling and coordinate attention want it."""
    x = rng.normal(size=(2, 7, 5, 3)).astype("float32")
    np.testing.assert_allclose(
        kpool.pool("mean(over=bins([none, 1]))")(x), x.mean(2, keepdims=True), rtol=1e-6, atol=1e-7
    )


def test_one_bin_is_everything() -> None:
    x, mask = rng.normal(size=(3, 7, 5, 4)).astype("float32"), rng.random((3, 7, 5)) < 0.5
    given, whole = kpool.pool("gem(over=bins([1, 1]))")(x, mask=mask), kpool.pool("gem")(x, mask=mask)
    np.testing.assert_array_equal(np.squeeze(given), whole)


def test_where_adaptive_layers_of_keras_crash_or_refuse(tmp_path: Path) -> None:
    """Output size 1 killed the process, and sizes unknown until run time could be neither predicted nor exported."""
    layer = kpool.pool("max(over=bins(1))")
    np.testing.assert_array_equal(layer(np.ones((1, 8, 8, 2), "float32")), np.ones((1, 1, 1, 2)))
    inputs = keras.Input((None, None, 3))
    model = keras.Model(inputs, kpool.pool("mean(over=bins([2, 3]))")(inputs))
    for size in ((7, 5), (4, 9), (1, 1)):
        assert model.predict(np.ones((2, *size, 3)), verbose=0).shape == (2, 2, 3, 3)
    model.export(tmp_path / "model", verbose=False)
    served = tf.saved_model.load(tmp_path / "model").serve
    for size in ((7, 5), (4, 9)):
        x = rng.normal(size=(2, *size, 3)).astype("float32")
        np.testing.assert_allclose(served(x), model(x), rtol=1e-6)


@pytest.mark.parametrize("static", [True, False], ids=["known", "unknown"])
def test_no_positions_give_empty_bins(static: bool) -> None:
    x = np.ones((2, 0, 3), "float32")
    layer = kpool.pool("mean(over=bins(2), empty_value=-1)")
    call = layer if static else tf.function(layer, input_signature=[tf.TensorSpec((None, None, 3))])
    np.testing.assert_array_equal(call(x), np.full((2, 2, 3), -1))


def test_every_axis_has_its_number() -> None:
    with pytest.raises(SpecError, match=r"bins\(output_size=\[2, 3\]\) has 2 numbers for an input with 1 position"):
        kpool.pool("mean(over=bins([2, 3]))")(np.ones((1, 4, 2)))
