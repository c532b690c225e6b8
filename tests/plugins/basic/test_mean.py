"""y = Σ x / n"""

from __future__ import annotations

import functools

import numpy as np

from kpool_plugins.basic.mean import MeanPooling

from ..rows import SENTENCE, SENTENCE_MASK, assert_follows


def oracle(bag: np.ndarray, layer: MeanPooling) -> np.ndarray:
    return np.sum(bag, axis=0) / len(bag)


def test_follows_the_formula() -> None:
    layer = MeanPooling(dtype="float64")
    assert_follows(layer, functools.partial(oracle, layer=layer))


def test_leaves_padding_out() -> None:
    np.testing.assert_array_equal(MeanPooling()(SENTENCE, mask=SENTENCE_MASK), [[3, 4]])


def test_counts_are_exact_in_half_precision() -> None:
    """float16 counts 2049 ones as 2048, and the sum of 2049 times 40 overflows it."""
    np.testing.assert_array_equal(MeanPooling(dtype="float16")(np.full((1, 2049, 1), 40, "float16")), [[40]])
