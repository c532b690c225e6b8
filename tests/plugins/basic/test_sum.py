"""y = Σ x"""

from __future__ import annotations

import functools

import numpy as np

from kpool_plugins.basic.sum import SumPooling

from ..rows import SENTENCE, SENTENCE_MASK, assert_follows


def oracle(bag: np.ndarray, layer: SumPooling) -> np.ndarray:
    return np.sum(bag, axis=0)


def test_follows_the_formula() -> None:
    layer = SumPooling(dtype="float64")
    assert_follows(layer, functools.partial(oracle, layer=layer))


def test_leaves_padding_out() -> None:
    np.testing.assert_array_equal(SumPooling()(SENTENCE, mask=SENTENCE_MASK), [[9, 12]])


def test_tells_how_many_there_were() -> None:
    x = np.ones((1, 7, 1), "float32")
    np.testing.assert_array_equal(SumPooling()(np.tile(x, (1, 3, 1))), 3 * SumPooling()(x).numpy())
