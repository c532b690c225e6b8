"""y_i = max x_t, b_i ≤ t < b_(i+1),  b_i = ⌈α (i + u)⌉ − 1, b_0 = 0, b_n = L,  α = L / n, n = ⌊L / ratio⌋"""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest

import kpool
from kpool.errors import SpecError
from kpool_plugins.vision.fractional_max import FractionalMaxPooling


def lengths(n_in: int, ratio: float, share: float) -> list[int]:
    """Of the regions, by the paper's sequence with u in the part of (0, 1) that leaves only ⌊α⌋ and ⌈α⌉."""
    n = max(int(n_in / ratio + 1e-9), 1)
    α, k = Fraction(n_in, n), n_in // n
    u = Fraction(share).limit_denominator(10) * min((k + 2) / α - 1, (n_in + 1 - k) / α - (n - 1))
    b = [0, *(math.ceil(α * (i + u)) - 1 for i in range(1, n)), n_in]
    return [int(d) for d in np.diff(b)]


@pytest.mark.parametrize("ratio", [1.0, 2**0.5, 1.5, 1 / 0.7, 2.0, 2.7])
@pytest.mark.parametrize("share", [0.1, 0.5, 1.0])
def test_follows_the_formula(ratio: float, share: float) -> None:
    layer = FractionalMaxPooling(over=f"fractional({ratio}, u={share})")
    for steps in range(1, 40):
        sizes = lengths(steps, ratio, share)
        assert set(sizes) <= {steps // len(sizes), -(-steps // len(sizes))}
        x = np.random.default_rng(steps).normal(size=(2, steps, 3)).astype("float32")
        expected = [part.max(axis=1) for part in np.split(x, np.cumsum(sizes)[:-1], axis=1)]
        np.testing.assert_array_equal(layer(x), np.stack(expected, axis=1))


def test_a_whole_ratio_is_max_pooling() -> None:
    x = np.random.default_rng(0).normal(size=(2, 8, 6, 3)).astype("float32")
    given = FractionalMaxPooling(over="fractional(2.0)")(x)
    np.testing.assert_array_equal(given, kpool.pool("max(over=window(2))")(x))


def test_overlapping_regions_share_a_border() -> None:
    x = np.array([[[0.0], [1], [5], [2], [3], [4]]], "float32")
    np.testing.assert_array_equal(FractionalMaxPooling(over="fractional(2.0)")(x), [[[1.0], [5], [4]]])
    np.testing.assert_array_equal(
        FractionalMaxPooling(over="fractional(2.0, overlapping=true)")(x), [[[5.0], [5], [4]]]
    )


def test_training_cuts_anew_and_inference_does_not() -> None:
    layer, x = FractionalMaxPooling(seed=0), np.arange(20.0).reshape(1, 20, 1)
    ends = [tuple(np.asarray(layer(x, training=True)).ravel().astype(int)) for _ in range(30)]
    assert len(set(ends)) > 3
    for each in ends:
        assert each[-1] == 19
        assert set(np.diff((-1, *each))) <= {1, 2}
    assert len({tuple(np.asarray(layer(x)).ravel()) for _ in range(5)}) == 1


def test_the_region_serves_other_strategies() -> None:
    x = np.arange(6.0).reshape(1, 6, 1)
    np.testing.assert_allclose(kpool.pool("mean(over=fractional(2.0))")(x), [[[0.5], [2.5], [4.5]]])


def test_a_ratio_below_1_is_pytorchs() -> None:
    with pytest.raises(SpecError, match="ratio"):
        FractionalMaxPooling(over="fractional(0.7)")
