"""y = x_t, t the last counted position"""

from __future__ import annotations

import functools

import numpy as np
import pytest

from kpool_plugins.basic.last import LastPooling

from ..rows import SENTENCE, SENTENCE_MASK, assert_follows


def oracle(bag: np.ndarray, layer: LastPooling) -> np.ndarray:
    return bag[-1]


def test_follows_the_formula() -> None:
    layer = LastPooling(dtype="float64")
    assert_follows(layer, functools.partial(oracle, layer=layer))


def test_leaves_padding_out() -> None:
    np.testing.assert_array_equal(LastPooling()(SENTENCE, mask=SENTENCE_MASK), [[5, 6]])
    np.testing.assert_array_equal(LastPooling()(SENTENCE[:, ::-1], mask=SENTENCE_MASK[:, ::-1]), [[1, 2]])


@pytest.mark.parametrize("shape", [pytest.param((3, 2), id="2-D"), pytest.param((2, 1, 3), id="3-D")])
def test_order_is_row_by_row(shape: tuple[int, ...]) -> None:
    x = np.arange(6, dtype="float32").reshape(1, *shape, 1)
    assert LastPooling()(x, mask=x[..., 0] <= 3).numpy() == 3


def test_a_gap_is_passed_over() -> None:
    """`sum(mask) − 1`, the usual way to find the last token, gives 1 here."""
    x = np.array([[[1], [2], [3]]], "float32")
    np.testing.assert_array_equal(LastPooling()(x, mask=[[True, False, True]]), [[3]])
