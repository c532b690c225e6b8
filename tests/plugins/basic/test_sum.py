"""y = Σ x"""

from __future__ import annotations

import numpy as np

from kpool_plugins.basic.sum import SumPooling

from ..rows import SENTENCE, SENTENCE_MASK, assert_follows


def oracle(x: np.ndarray) -> np.ndarray:
    return np.sum(x, axis=0)


def test_follows_the_formula() -> None:
    assert_follows(SumPooling(dtype="float64"), oracle)


def test_leaves_padding_out() -> None:
    np.testing.assert_array_equal(SumPooling()(SENTENCE, mask=SENTENCE_MASK), [[9, 12]])


def test_tells_how_many_there_were() -> None:
    x = np.ones((1, 7, 1), "float32")
    np.testing.assert_array_equal(SumPooling()(np.tile(x, (1, 3, 1))), 3 * SumPooling()(x).numpy())
