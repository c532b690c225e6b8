"""y = Σ i x_i / Σ i,  i = 1 … n, counted from the first counted element"""

from __future__ import annotations

import functools

import numpy as np
import pytest

from kpool_plugins.basic.position_mean import PositionMeanPooling

from ..rows import SENTENCE, SENTENCE_MASK, assert_follows


def oracle(bag: np.ndarray, layer: PositionMeanPooling) -> np.ndarray:
    total, places = np.zeros(bag.shape[1]), 0
    for i, x in enumerate(bag, start=1):
        total, places = total + i * x, places + i
    return total / places


def test_follows_the_formula() -> None:
    layer = PositionMeanPooling(dtype="float64")
    assert_follows(layer, functools.partial(oracle, layer=layer))


@pytest.mark.parametrize("side", [pytest.param(0, id="left"), pytest.param(-1, id="right")])
def test_places_are_counted_from_the_first_counted_element(side: int) -> None:
    x, mask = (np.roll(a, 1 + side, axis=1) for a in (SENTENCE, SENTENCE_MASK))
    np.testing.assert_allclose(PositionMeanPooling()(x, mask=mask), [[22 / 6, 28 / 6]], rtol=2e-7)


def test_of_a_constant_is_the_constant() -> None:
    np.testing.assert_allclose(PositionMeanPooling()(np.full((1, 5000, 1), 0.3, "float32")), [[0.3]], rtol=4e-7)


def test_a_long_sequence_keeps_its_places() -> None:
    x = np.random.default_rng(0).normal(size=(1, 100_000, 2)).astype("float32") + 1
    expected = oracle(x[0].astype("float64"), PositionMeanPooling())
    np.testing.assert_allclose(PositionMeanPooling()(x)[0], expected, rtol=4e-7)


def test_fractions_of_elements_fill_places_as_well() -> None:
    """Two halves of an element at one place are the element."""
    x = np.array([[[1], [1], [5]]], "float32")
    given = PositionMeanPooling()(x, weights=np.array([[0.5, 0.5, 1]], "float32"))
    np.testing.assert_allclose(given, [[(1 * 1 + 2 * 5) / 3]], rtol=2e-7)
