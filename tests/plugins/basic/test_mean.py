"""y = Σ x / n"""

from __future__ import annotations

import numpy as np

from kpool_plugins.basic.mean import MeanPooling

from ..rows import SENTENCE, SENTENCE_MASK, assert_follows


def oracle(x: np.ndarray) -> np.ndarray:
    return np.sum(x, axis=0) / len(x)


def test_follows_the_formula() -> None:
    assert_follows(MeanPooling(dtype="float64"), oracle)


def test_leaves_padding_out() -> None:
    np.testing.assert_array_equal(MeanPooling()(SENTENCE, mask=SENTENCE_MASK), [[3, 4]])


def test_counts_are_exact_in_half_precision() -> None:
    """float16 counts 2049 ones as 2048, and the sum of 2049 times 40 overflows it."""
    np.testing.assert_array_equal(MeanPooling(dtype="float16")(np.full((1, 2049, 1), 40, "float16")), [[40]])
