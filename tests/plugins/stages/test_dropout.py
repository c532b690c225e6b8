"""Sets a share of the features to 0 and scales the others up, in training only."""

from __future__ import annotations

import numpy as np
import pytest

import kpool

X = np.ones((50, 2, 40), "float32")


def test_keeps_the_expectation_in_training() -> None:
    dropped = np.asarray(kpool.head("mean | dropout(0.25, seed=0)")(X, training=True))
    assert np.unique(dropped) == pytest.approx([0, 1 / 0.75])
    assert np.mean(dropped == 0) == pytest.approx(0.25, abs=0.05)


def test_does_nothing_at_inference() -> None:
    np.testing.assert_array_equal(kpool.head("mean | dropout(0.25)")(X), X[:, 0])


def test_a_seed_repeats_the_draw() -> None:
    first, again, other = (kpool.head(f"mean | dropout(seed={seed})")(X, training=True).numpy() for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


@pytest.mark.parametrize("rate", [pytest.param(-0.1, id="negative"), pytest.param(1.0, id="nothing left to scale")])
def test_rate_has_bounds(rate: float) -> None:
    with pytest.raises(kpool.SpecError, match=rf"dropout: rate must be float in \[0, 1\), not {rate}"):
        kpool.head(f"mean | dropout({rate})")
