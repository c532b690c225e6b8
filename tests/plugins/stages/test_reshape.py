"""The same numbers in another layout."""

from __future__ import annotations

import numpy as np
import pytest

import kpool

X = np.random.default_rng(0).normal(size=(3, 1, 8)).astype("float32")


@pytest.mark.parametrize("shape", [[2, 4], [-1, 2], [4, 1, -1]])
def test_keeps_the_numbers_in_order(shape: list[int]) -> None:
    y = kpool.head(f"mean | reshape({shape})")(X)
    np.testing.assert_array_equal(y, X.reshape(3, *shape))


@pytest.mark.parametrize("shape", [[0, 4], [-2, 4], [-1, -1]])
def test_lengths_can_be_known(shape: list[int]) -> None:
    with pytest.raises(kpool.SpecError, match="reshape: shape must hold lengths of 1 or more"):
        kpool.head(f"mean | reshape({shape})")


def test_has_an_axis() -> None:
    with pytest.raises(kpool.SpecError, match="reshape: shape must be"):
        kpool.head("mean | reshape([])")
