"""x[:features]"""

from __future__ import annotations

import keras
import numpy as np
import pytest

import kpool

X = np.random.default_rng(0).normal(size=(3, 1, 4)).astype("float32")


def test_keeps_the_first_features() -> None:
    head = kpool.head("mean | truncate(3)")
    np.testing.assert_array_equal(head(X), X[:, 0, :3])
    assert head.compute_output_shape((None, 1, 4)) == (None, 3)


def test_keeps_the_mask() -> None:
    mask = np.array([[True, True, False]])
    x = np.array([[[1.0, 5.0], [3.0, 5.0], [np.nan, 5.0]]], "float32")
    np.testing.assert_array_equal(kpool.head("truncate(1) | mean")(x, mask=mask), [[2.0]])


@pytest.mark.parametrize("x", [X, keras.Input((1, 4))], ids=["eager", "symbolic"])
def test_there_must_be_so_many(x: object) -> None:
    with pytest.raises(kpool.SpecError, match=r"truncate\(5\) of 4 features"):
        kpool.head("mean | truncate(5)")(x)
