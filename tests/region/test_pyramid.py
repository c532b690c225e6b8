"""A pyramid: bins of every level, side by side."""

from __future__ import annotations

import numpy as np
import pytest

import kpool
from kpool.errors import SpecError

rng = np.random.default_rng(0)
X, MASK = rng.normal(size=(3, 7, 5, 4)).astype("float32"), rng.random((3, 7, 5)) < 0.6


def test_levels_stand_side_by_side() -> None:
    levels = [kpool.pool(f"gem(over=bins({n}))")(X, mask=MASK).numpy().reshape(3, -1) for n in (1, 2, 4)]
    np.testing.assert_array_equal(kpool.pool("gem(over=pyramid)")(X, mask=MASK), np.concatenate(levels, axis=1))


def test_one_level_of_one_bin_is_everything() -> None:
    np.testing.assert_array_equal(kpool.pool("std(over=pyramid([1]))")(X, mask=MASK), kpool.pool("std")(X, mask=MASK))


@pytest.mark.parametrize(("positions", "bins"), [((9,), 3), ((7, 5), 5), ((4, 5, 3), 9)], ids=["1-D", "2-D", "3-D"])
def test_the_width_is_known(positions: tuple[int, ...], bins: int) -> None:
    layer = kpool.pool("stats(over=pyramid([1, 2]))")
    x = rng.normal(size=(2, *positions, 4))
    assert layer(x).shape == layer.compute_output_shape(x.shape) == (2, 8 * bins)
    assert layer.compute_output_shape((None, *(None for _ in positions), 4)) == (None, 8 * bins)


def test_channels_first_is_the_same_vector() -> None:
    first = kpool.pool("mean(over=pyramid, data_format=channels_first)")(np.moveaxis(X, -1, 1), mask=MASK)
    np.testing.assert_array_equal(first, kpool.pool("mean(over=pyramid)")(X, mask=MASK))


def test_an_empty_bin_keeps_its_place() -> None:
    mask = np.ones((1, 4), bool)
    mask[:, :2] = False
    given = kpool.pool("mean(over=pyramid([1, 2]), empty_value=-1)")(np.ones((1, 4, 1)), mask=mask)
    np.testing.assert_array_equal(given, [[1, -1, 1]])


def test_it_has_no_weights_to_return() -> None:
    with pytest.raises(kpool.KpoolError, match="has no weights to return"):
        kpool.pool("attention(over=pyramid)")(X, return_weights=True)


def test_there_is_a_level() -> None:
    with pytest.raises(SpecError, match="pyramid: levels"):
        kpool.pool("mean(over=pyramid([]))")
