"""y = Σ x / √n"""

from __future__ import annotations

import functools

import numpy as np
import pytest

from kpool_plugins.basic.sqrt_mean import SqrtMeanPooling

from ..rows import SENTENCE, SENTENCE_MASK, assert_follows


def oracle(bag: np.ndarray, layer: SqrtMeanPooling) -> np.ndarray:
    return np.sum(bag, axis=0) / np.sqrt(len(bag))


def test_follows_the_formula() -> None:
    layer = SqrtMeanPooling(dtype="float64")
    assert_follows(layer, functools.partial(oracle, layer=layer))


def test_leaves_padding_out() -> None:
    pooled = SqrtMeanPooling()(SENTENCE, mask=SENTENCE_MASK)
    np.testing.assert_allclose(pooled, np.array([[9, 12]]) / np.sqrt(3), rtol=2e-7)


@pytest.mark.parametrize("n", [pytest.param(1, id="one element is itself"), pytest.param(16, id="several")])
def test_n_equal_elements_give_root_n_times_one(n: int) -> None:
    np.testing.assert_allclose(SqrtMeanPooling()(np.full((1, n, 1), 3, "float32")), [[3 * np.sqrt(n)]], rtol=2e-7)


def test_keeps_the_variance_of_independent_elements() -> None:
    x = np.random.default_rng(0).normal(size=(4000, 100, 1)).astype("float32")
    assert np.var(SqrtMeanPooling()(x)) == pytest.approx(1, abs=0.1)
