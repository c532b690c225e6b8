"""Add: the sum of the branches' answers."""

from __future__ import annotations

import keras
import numpy as np
import pytest

import kpool
from kpool import SpecError

X = np.random.default_rng(0).normal(size=(3, 6, 4)).astype("float32")


def test_sum_of_the_branches() -> None:
    layer = kpool.pool("add(mean, max, min | l2_norm)")
    expected = sum(kpool.head(branch)(X) for branch in ("mean", "max", "min | l2_norm"))
    np.testing.assert_allclose(layer(X), expected, rtol=1e-6)
    np.testing.assert_array_equal(kpool.pool("add(gem)")(X), kpool.pool("gem")(X))


def test_twice_the_same_is_double() -> None:
    np.testing.assert_array_equal(kpool.pool("add(mean, mean)")(X), 2 * kpool.pool("mean")(X))


@pytest.mark.parametrize("x", [X, keras.Input((6, 4))], ids=["eager", "symbolic"])
def test_refuses_other_widths(x: object) -> None:
    with pytest.raises(SpecError, match=r"add cannot join .*: mean gives \(.*, 4\), stats gives \(.*, 8\)"):
        kpool.pool("add(mean, stats)")(x)


def test_a_length_that_one_branch_does_not_know() -> None:
    inputs = keras.Input((None, 4))
    assert kpool.pool("add(mean(over=window(2)), mean(over=bins(3)))")(inputs).shape == (None, 3, 4)
