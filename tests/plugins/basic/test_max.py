"""y = max x"""

from __future__ import annotations

import functools

import numpy as np
import pytest

from kpool_plugins.basic.max import MaxPooling

from ..rows import SENTENCE, SENTENCE_MASK, assert_follows


def oracle(bag: np.ndarray, layer: MaxPooling) -> np.ndarray:
    return np.max(bag, axis=0)


def test_follows_the_formula() -> None:
    layer = MaxPooling(dtype="float64")
    assert_follows(layer, functools.partial(oracle, layer=layer))


def test_leaves_padding_out() -> None:
    np.testing.assert_array_equal(MaxPooling()(SENTENCE, mask=SENTENCE_MASK), [[5, 6]])


@pytest.mark.parametrize(
    "x",
    [
        pytest.param([-2, -1], id="all negative: padding of 0 must not win"),
        pytest.param([-np.inf, -np.inf], id="−∞ is an element's value, not the mark of an empty bag"),
        pytest.param([-np.finfo("float32").max, -3e38], id="below any additive mask"),
        pytest.param([1, np.nan], id="NaN is not lost"),
    ],
)
def test_is_the_largest_counted(x: list[float]) -> None:
    padded = np.array([[*x, np.inf]], "float32")[..., None]
    np.testing.assert_array_equal(MaxPooling()(padded, mask=[[True, True, False]])[0], [np.max(x).astype("float32")])


def test_a_weight_only_says_whether_an_element_counts() -> None:
    weights = np.array([[0.1, 7, 0.5, 0]], "float32")
    np.testing.assert_array_equal(MaxPooling()(SENTENCE, weights=weights), [[5, 6]])
