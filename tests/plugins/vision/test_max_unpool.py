"""y_t = pooled_w where x_t is the first greatest of window w's counted elements, and 0 elsewhere"""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest

import kpool
from kpool.errors import SpecError
from kpool_plugins.vision.max_unpool import MaxUnpooling

RNG = np.random.default_rng(0)


def oracle(pooled: np.ndarray, x: np.ndarray, size: int) -> np.ndarray:
    y = np.zeros_like(x)
    for example, *place, feature in np.ndindex(*pooled.shape):
        window = (example, *(slice(size * p, size * (p + 1)) for p in place), feature)
        at = np.unravel_index(np.argmax(x[window]), x[window].shape)
        y[window][at] = pooled[(example, *place, feature)]
    return y


@pytest.mark.parametrize("shape", [(7,), (6, 5), (4, 5, 3)], ids=["1-D", "2-D", "3-D"])
@pytest.mark.parametrize("size", [2, 3])
def test_follows_the_formula(shape: tuple[int, ...], size: int) -> None:
    x = RNG.integers(0, 4, size=(2, *shape, 3)).astype("float32")  # with ties
    pooled = RNG.normal(size=(2, *(n // size for n in shape), 3)).astype("float32")
    np.testing.assert_array_equal(MaxUnpooling(size)([pooled, x]), oracle(pooled, x, size))


def test_pooling_what_was_unpooled_gives_it_back() -> None:
    x = np.abs(RNG.normal(size=(2, 6, 4, 3))).astype("float32")
    pool = kpool.pool("max(over=window(2))")
    np.testing.assert_array_equal(pool(MaxUnpooling()([pool(x), x])), pool(x))


def test_what_does_not_count_gets_nothing() -> None:
    x, mask = np.array([[[9.0], [1], [5], [6]]], "float32"), np.array([[False, True, False, False]])
    given = MaxUnpooling()([np.array([[[7.0], [8]]], "float32"), x], mask=[None, mask])
    np.testing.assert_array_equal(given, [[[0.0], [7], [0], [0]]])


def test_a_model_with_it_is_saved_and_takes_any_size(tmp_path: Path) -> None:
    x = keras.Input((None, None, 3))
    model = keras.Model(x, MaxUnpooling(2)([kpool.pool("max(over=window(2))")(x), x]))
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    for size in (4, 7):
        given = RNG.normal(size=(2, size, size, 3)).astype("float32")
        np.testing.assert_array_equal(again(given), model(given))


def test_windows_and_maxima_belong_together() -> None:
    with pytest.raises(SpecError, match=r"MaxUnpooling: .* gives"):
        MaxUnpooling(2)([np.zeros((1, 3, 2)), np.zeros((1, 4, 2))])
