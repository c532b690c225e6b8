"""y = min x"""

from __future__ import annotations

import functools

import numpy as np
import pytest

from kpool_plugins.basic.min import MinPooling

from ..rows import SENTENCE, SENTENCE_MASK, assert_follows


def oracle(bag: np.ndarray, layer: MinPooling) -> np.ndarray:
    return np.min(bag, axis=0)


def test_follows_the_formula() -> None:
    layer = MinPooling(dtype="float64")
    assert_follows(layer, functools.partial(oracle, layer=layer))


def test_leaves_padding_out() -> None:
    np.testing.assert_array_equal(MinPooling()(-SENTENCE, mask=SENTENCE_MASK), [[-5, -6]])


@pytest.mark.parametrize(
    "x",
    [
        pytest.param([2, 1], id="all positive: padding of 0 must not win"),
        pytest.param([np.inf, np.inf], id="∞ is an element's value, not the mark of an empty bag"),
        pytest.param([1, np.nan], id="NaN is not lost"),
    ],
)
def test_is_the_smallest_counted(x: list[float]) -> None:
    padded = np.array([[*x, -np.inf]], "float32")[..., None]
    np.testing.assert_array_equal(MinPooling()(padded, mask=[[True, True, False]])[0], [np.min(x).astype("float32")])
