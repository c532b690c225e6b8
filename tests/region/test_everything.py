"""The whole input is one bag, however its positions are laid out."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import tensorflow as tf

import kpool
from kpool.region.everything import Everything
from kpool.region.lined import Lined

rng = np.random.default_rng(0)
SHAPES = [pytest.param((6,), id="1-D"), pytest.param((2, 3), id="2-D"), pytest.param((2, 2, 3), id="3-D")]


def bags(positions: tuple[int, ...]) -> tuple[Lined, list[np.ndarray], np.ndarray, np.ndarray]:
    """Bags of three rows, the last empty; what stands in each, the mask and the weights."""
    x, mask = rng.normal(size=(3, *positions, 4)), rng.random((3, *positions)) < 0.6
    mask[2] = False
    weights = rng.integers(1, 4, mask.shape).astype("float64")
    x[~mask] = 0
    rows = [row[counted] for row, counted in zip(x, mask, strict=True)]
    return Everything().bags(*map(tf.constant, (x, mask, weights))), rows, mask, weights


@pytest.mark.parametrize("positions", SHAPES)
def test_what_can_be_asked_of_a_bag(positions: tuple[int, ...]) -> None:
    whole, rows, mask, weights = bags(positions)
    x = whole.elements
    for i, row in enumerate(rows):
        w = weights[i][mask[i]][:, None]
        np.testing.assert_allclose(whole.sum(x)[i], (w * row).sum(0), rtol=1e-12, atol=1e-14)
        np.testing.assert_allclose(whole.sum(x, of=tf.exp)[i], (w * np.exp(row)).sum(0), rtol=1e-12)
        np.testing.assert_array_equal(whole.max(x)[i], row.max(0, initial=-np.inf))
        np.testing.assert_array_equal(whole.first(x)[i], row[0] if len(row) else np.zeros(4))
        np.testing.assert_array_equal(whole.last(x)[i], row[-1] if len(row) else np.zeros(4))
        falling = np.sort(row, axis=0)[::-1]
        np.testing.assert_array_equal(whole.sorted(x)[i][: len(row)], falling)
        np.testing.assert_array_equal(whole.largest(x, 2)[i][: len(row)], falling[:2])
        np.testing.assert_array_equal(whole.line_up(x, -np.inf)[i][~mask[i].ravel()], -np.inf)
        assert whole.size[i] == len(row)
        assert whole.count[i] == w.sum()


def test_sums_are_given_what_their_bag_knows() -> None:
    whole, rows, _, _ = bags((6,))
    unweighted = Lined(whole.elements, whole.counted)
    means = tf.constant(np.stack([row.mean(0) if len(row) else np.zeros(4) for row in rows]))
    squares = unweighted.sum(unweighted.elements, of=lambda x, μ: (x - μ) ** 2, given=[means])
    for i, row in enumerate(rows[:2]):
        np.testing.assert_allclose(squares[i], len(row) * row.var(0), rtol=1e-12)


def test_there_is_no_grid() -> None:
    for positions in itertools.product([None, 4], repeat=2):
        assert Everything().grid(positions) == ()


@pytest.mark.parametrize("spec", [(None, None, None, 4), (None, 2, None, 4)], ids=["all unknown", "some unknown"])
def test_unknown_sizes(spec: tuple[int | None, ...]) -> None:
    @tf.function(input_signature=[tf.TensorSpec(spec, "float64")])
    def total(x: tf.Tensor) -> tf.Tensor:
        return Everything().bags(x, None, None).sum(Everything().bags(x, None, None).elements)

    x = rng.normal(size=(3, 2, 5, 4))
    np.testing.assert_allclose(total(x), x.sum((1, 2)), rtol=1e-12)


@pytest.mark.parametrize("spec", ["max", "min"])
@pytest.mark.parametrize("jit", [False, True], ids=["graph", "XLA"])
def test_counted_nan_is_not_lost(spec: str, jit: bool) -> None:
    x = np.array([[[1.0, 2.0], [np.nan, 3.0]]], "float32")
    np.testing.assert_array_equal(np.isnan(tf.function(kpool.pool(spec), jit_compile=jit)(x)), [[True, False]])
