"""Occupied: the mask behind a pooling that keeps a grid, in values and as a step of a Functional model."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from kpool import MaskError, SpecError
from kpool.region.occupied import Occupied, occupied
from kpool.region.window import Window

MASK = np.array([[1, 1, 0, 0, 0], [0, 0, 0, 0, 1], [0] * 5], bool)


@pytest.mark.parametrize(
    ("window", "expected"),
    [
        pytest.param(Window(2), [[1, 0], [0, 0], [0, 0]], id="whole-windows"),
        pytest.param(Window(2, padding="same"), [[1, 0, 0], [0, 0, 1], [0, 0, 0]], id="outside-is-not-counted"),
        pytest.param(Window(3, 1), [[1, 1, 0], [0, 0, 1], [0, 0, 0]], id="overlapping"),
    ],
)
@pytest.mark.parametrize("steps", [None, 5], ids=["unknown-steps", "known-steps"])
@pytest.mark.parametrize("dtype", ["bool", "float32"])
def test_any_counted_element(window: Window, expected: list[list[int]], steps: int | None, dtype: str) -> None:
    mask = MASK.astype(dtype)
    np.testing.assert_array_equal(occupied(window, keras.ops.convert_to_tensor(mask)), np.array(expected, bool))
    inputs = keras.Input((steps,), dtype=dtype)
    answer = occupied(window, inputs)
    assert (answer.shape[1:], answer.dtype) == (window.grid((steps,)), "bool")
    np.testing.assert_array_equal(keras.Model(inputs, answer)(mask), np.array(expected, bool))


def test_config_round_trip() -> None:
    step = Occupied(Window([2, 3], padding="same"), name="grid")
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(step))
    assert (again.region, again.name) == (step.region, "grid")


def test_refuses() -> None:
    with pytest.raises(MaskError, match="other than 0 and 1"):
        occupied(Window(2), keras.ops.convert_to_tensor(MASK * 0.5))
    with pytest.raises(SpecError, match="does not fit"):
        occupied(Window(9), keras.Input((5,), dtype="bool"))
