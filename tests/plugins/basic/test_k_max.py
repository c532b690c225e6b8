"""y = [x_t1; …; x_tk],  t1 < … < tk the places of the k largest, and 0 behind the last"""

from __future__ import annotations

import functools

import numpy as np
import pytest

from kpool.errors import SpecError
from kpool_plugins.basic.k_max import KMaxPooling

from ..rows import assert_follows


def oracle(bag: np.ndarray, layer: KMaxPooling) -> np.ndarray:
    kept = np.zeros((layer.k, bag.shape[1]))
    for f, column in enumerate(bag.T):
        places = sorted(sorted(range(len(column)), key=lambda t: (-column[t], t))[: layer.k])
        kept[: len(places), f] = column[places]
    return kept.ravel()


@pytest.mark.parametrize(
    "k",
    [
        pytest.param(1, id="the max"),
        pytest.param(3, id="some"),
        pytest.param(9, id="all"),
        pytest.param(20, id="more than there are: zeros behind"),
    ],
)
def test_follows_the_formula(k: int) -> None:
    layer = KMaxPooling(k, dtype="float64")
    assert_follows(layer, functools.partial(oracle, layer=layer))


def test_order_is_that_of_places_and_of_equals_the_first_stay() -> None:
    x = np.array([[[2], [9], [1], [2], [5], [2]]], "float32")
    np.testing.assert_array_equal(KMaxPooling(4)(x), [[2, 9, 2, 5]])


def test_padding_in_front_takes_no_place() -> None:
    x = np.array([[[99], [99], [-3], [-1], [99]]], "float32")
    np.testing.assert_array_equal(KMaxPooling(3)(x, mask=x[..., 0] < 99), [[-3, -1, 0]])


def test_nan_is_not_lost() -> None:
    x = np.array([[[1, 1], [np.nan, 2], [3, 3]]], "float32")
    given = np.reshape(KMaxPooling(2)(x), (2, 2))
    assert np.isnan(given[:, 0]).all()
    np.testing.assert_array_equal(given[:, 1], [2, 3])


def test_there_is_at_least_one() -> None:
    with pytest.raises(SpecError, match="k_max: k must be int ≥ 1, not 0"):
        KMaxPooling(0)
