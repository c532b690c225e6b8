"""s · x"""

from __future__ import annotations

import keras
import numpy as np
import pytest

import kpool

X = np.random.default_rng(0).normal(size=(3, 1, 4)).astype("float32")


@pytest.mark.parametrize(("per_feature", "shape"), [("false", ()), ("true", (4,))])
def test_is_a_learned_factor(per_feature: str, shape: tuple[int, ...]) -> None:
    head = kpool.head(f"mean | scale(0.5, per_feature={per_feature})")
    np.testing.assert_array_equal(head(X), 0.5 * X[:, 0])
    (s,) = head.trainable_weights
    assert s.shape == shape
    s.assign(np.full(shape, -3))
    np.testing.assert_array_equal(head(X), -3 * X[:, 0])


def test_keeps_the_mask() -> None:
    mask = np.array([[True, True, False]])
    x = np.array([[[1.0], [2.0], [np.nan]]], "float32")
    np.testing.assert_array_equal(kpool.head("scale(2.0) | mean")(x, mask=mask), [[3.0]])


def test_a_file_keeps_it(tmp_path) -> None:
    model = keras.Sequential([keras.Input((None, 4)), kpool.head("mean | scale(0.5, per_feature=true)")])
    model.set_weights([np.arange(4.0)])
    model.save(tmp_path / "model.keras")
    np.testing.assert_array_equal(keras.models.load_model(tmp_path / "model.keras")(X), model(X))
