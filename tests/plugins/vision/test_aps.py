"""y = x_j*,  j* = argmax_j ‖x_j‖,  x_j = the j-th elements of all windows"""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import kpool
from kpool.errors import SpecError
from kpool_plugins.vision.aps import APSPooling

NORMS = {"l2": lambda x: np.sqrt((x * x).sum()), "l1": lambda x: np.abs(x).sum(), "max": lambda x: np.abs(x).max()}
SHAPES = [
    pytest.param((12,), 3, id="1-D"),
    pytest.param((8, 6), 2, id="2-D"),
    pytest.param((4, 6, 4), 2, id="3-D"),
]


def components(x: np.ndarray, size: int) -> list[np.ndarray]:
    """Those of one example, (*positions, features), row by row."""
    starts = itertools.product(range(size), repeat=x.ndim - 1)
    return [x[tuple(slice(start, None, size) for start in each)] for each in starts]


@pytest.mark.parametrize(("shape", "size"), SHAPES)
@pytest.mark.parametrize("norm", NORMS)
def test_follows_the_formula(shape: tuple[int, ...], size: int, norm: str) -> None:
    x = np.random.default_rng(0).normal(size=(5, *shape, 3))
    given = APSPooling(norm=norm, over=f"window({size})", dtype="float64")(x)
    expected = [max(components(example, size), key=NORMS[norm]) for example in x]
    np.testing.assert_array_equal(given, expected)


@pytest.mark.parametrize(("shape", "size"), SHAPES)
def test_every_circular_shift_shifts_the_answer_or_leaves_it(shape: tuple[int, ...], size: int) -> None:
    """What no shift may change: the answer's mean over its positions, and the answer up to a shift of its own."""
    x = np.random.default_rng(0).normal(size=(3, *shape, 2)).astype("float32")
    layer, axes = APSPooling(over=f"window({size})"), tuple(range(1, x.ndim - 1))
    expected = np.asarray(layer(x))
    grids = list(itertools.product(*(range(n) for n in expected.shape[1:-1])))
    for shift in itertools.product(*(range(n) for n in shape)):
        given = np.asarray(layer(np.roll(x, shift, axis=axes)))
        for one, other in zip(given, expected, strict=True):
            assert any(np.array_equal(one, np.roll(other, grid, axis=range(len(grid)))) for grid in grids)


def test_strided_sampling_is_not_consistent() -> None:
    """The check above can fail."""
    x = np.random.default_rng(0).normal(size=(1, 8, 1))
    former, after = (np.sort(kpool.pool("first(over=window(2))")(np.roll(x, s, axis=1)), axis=1) for s in (0, 1))
    assert not np.array_equal(former, after)


def test_what_does_not_count_is_0_and_adds_nothing() -> None:
    x, mask = np.array([[[1.0], [5], [2], [5]]]), np.array([[True, False, True, True]])
    np.testing.assert_array_equal(APSPooling()(x, mask=mask), [[[0.0], [5]]])


def test_squares_do_not_overflow() -> None:
    x = np.array([[[1e30], [2e30], [1e30], [2e30]]], "float32")
    np.testing.assert_array_equal(APSPooling()(x), x[:, 1::2])


@pytest.mark.parametrize("over", ["window(3, strides=2)", "window(2, strides=3)", "window(2, strides=2, dilation=2)"])
def test_windows_neither_overlap_nor_leave_gaps(over: str) -> None:
    with pytest.raises(SpecError, match="aps takes windows with strides of their size"):
        APSPooling(over=over).build((None, 8, 3))
