"""m_j = max of the `size` positions about j;  training: y = m_(r, c) of each window;  inference: their mean"""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import kpool
from kpool_plugins.vision.s3 import S3Pooling

X = np.random.default_rng(0).normal(size=(2, 6, 8, 3))


def dense(x: np.ndarray) -> np.ndarray:
    padded = np.pad(x, [(0, 0), (0, 1), (0, 1), (0, 0)], constant_values=-np.inf)
    return np.max([padded[:, a : a + x.shape[1], b : b + x.shape[2]] for a in (0, 1) for b in (0, 1)], axis=0)


def test_inference_is_the_mean_of_the_dense_maximum() -> None:
    expected = dense(X).reshape(2, 3, 2, 4, 2, 3).mean(axis=(2, 4))
    np.testing.assert_allclose(S3Pooling(dtype="float64")(X), expected, rtol=1e-12, atol=1e-14)


def test_a_maximum_of_one_is_the_mean() -> None:
    layer, mean = (kpool.pool(f"{spec}over=window(2))") for spec in ("s3(size=1, ", "mean("))
    np.testing.assert_array_equal(layer(X), mean(X))


def test_training_keeps_one_row_of_each_strip_and_one_column() -> None:
    layer, m, seen = S3Pooling(seed=0, dtype="float64"), dense(X), set()
    choices = [np.array(c) for c in itertools.product(range(2), repeat=3)]
    others = [np.array(c) for c in itertools.product(range(2), repeat=4)]
    for _ in range(40):
        given = np.asarray(layer(X, training=True))
        kept = [
            (tuple(r), tuple(c))
            for r in choices
            for c in others
            if np.array_equal(m[:, np.arange(0, 6, 2) + r][:, :, np.arange(0, 8, 2) + c], given)
        ]
        assert len(kept) == 1
        seen.add(kept[0])
    assert len(seen) > 20


@pytest.mark.parametrize("training", [False, True])
def test_keeps_only_what_counts(training: bool) -> None:
    x, mask = np.array([[[1.0], [9], [2], [4]]]), np.array([[True, False, False, True]])
    given = S3Pooling(seed=0)(x, mask=mask, training=training)
    np.testing.assert_array_equal(given, [[[1.0], [4]]])
