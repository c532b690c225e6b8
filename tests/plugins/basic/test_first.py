"""y = x_t, t the first counted position"""

from __future__ import annotations

import functools

import numpy as np
import pytest

from kpool_plugins.basic.first import FirstPooling

from ..rows import SENTENCE, SENTENCE_MASK, assert_follows


def oracle(bag: np.ndarray, layer: FirstPooling) -> np.ndarray:
    return bag[0]


def test_follows_the_formula() -> None:
    layer = FirstPooling(dtype="float64")
    assert_follows(layer, functools.partial(oracle, layer=layer))


def test_leaves_padding_out() -> None:
    np.testing.assert_array_equal(FirstPooling()(SENTENCE, mask=SENTENCE_MASK), [[1, 2]])
    np.testing.assert_array_equal(FirstPooling()(SENTENCE[:, ::-1], mask=SENTENCE_MASK[:, ::-1]), [[5, 6]])


@pytest.mark.parametrize("shape", [pytest.param((3, 2), id="2-D"), pytest.param((2, 1, 3), id="3-D")])
def test_order_is_row_by_row(shape: tuple[int, ...]) -> None:
    x = np.arange(6, dtype="float32").reshape(1, *shape, 1)
    assert FirstPooling()(x, mask=x[..., 0] >= 2).numpy() == 2


def test_what_stands_behind_changes_nothing() -> None:
    x = np.array([[[1], [np.nan], [np.inf]]], "float32")
    np.testing.assert_array_equal(FirstPooling()(x), [[1]])
