"""axis(i): what stands along one axis is a bag."""

from __future__ import annotations

import numpy as np
import pytest

import kpool
from kpool.errors import SpecError

rng = np.random.default_rng(0)
X, MASK = rng.normal(size=(2, 4, 5, 3)).astype("float32"), rng.random((2, 4, 5)) < 0.6


@pytest.mark.parametrize("index", [1, 2])
def test_the_axis_is_pooled_away(index: int) -> None:
    counts = MASK.sum(index)[..., None]
    expected = np.where(MASK[..., None], X, 0).sum(index) / np.maximum(counts, 1)
    layer = kpool.pool(f"mean(over=axis({index}))")
    np.testing.assert_allclose(layer(X, mask=MASK), expected, rtol=1e-6, atol=1e-7)
    np.testing.assert_array_equal(layer.compute_mask(X, MASK), MASK.any(index))
    assert layer.compute_output_shape((None, 4, None, 3)) == ((None, None, 3) if index == 1 else (None, 4, 3))


def test_the_only_axis_is_everything() -> None:
    x = X[:, 0]
    np.testing.assert_array_equal(kpool.pool("gem(over=axis(1))")(x), kpool.pool("gem")(x))


def test_layers_then_steps() -> None:
    """The layers of a language model, then its tokens, each with the mask that it needs."""
    head = kpool.head("mean(over=axis(1)) | last")
    mask = np.broadcast_to(np.array([[1, 1, 1, 0, 0], [1, 1, 1, 1, 1]], bool)[:, None], (2, 4, 5))
    np.testing.assert_allclose(head(X, mask=mask), X.mean(1)[[0, 1], [2, 4]], rtol=1e-6)


def test_there_is_such_an_axis() -> None:
    with pytest.raises(SpecError, match=r"axis\(index=3\) of an input with 2 position axes; give 1 to 2"):
        kpool.pool("mean(over=axis(3))")(X)
