"""The words of `kpool.parameters` against what they stand for."""

from __future__ import annotations

from typing import get_args

import keras
import numpy as np
import pytest

from kpool.parameters import Activation, Between

LEFT_OUT = {"glu", "threshold"}


def of_keras() -> set[str]:
    """Keras's activations by name, aliases included."""
    functions = {name for name in dir(keras.activations) if not name.startswith("_")}
    return functions - {"deserialize", "get", "serialize"}


def test_activations_are_those_of_keras() -> None:
    assert set(get_args(Activation)) == of_keras() - LEFT_OUT


@pytest.mark.parametrize("name", get_args(Activation))
def test_an_activation_needs_no_argument_and_keeps_the_shape(name: str) -> None:
    assert keras.layers.Activation(name)(np.ones((2, 4), "float32")).shape == (2, 4)


def test_what_is_left_out_cannot_be_used() -> None:
    assert keras.layers.Activation("glu")(np.ones((2, 4), "float32")).shape == (2, 2)
    with pytest.raises(TypeError, match="missing 2 required positional arguments"):
        keras.layers.Activation("threshold")(np.ones((2, 4), "float32"))


def test_between_is_a_closed_interval() -> None:
    bounds = Between(1, 64)
    assert (bounds.ge, bounds.le, bounds.gt, bounds.lt) == (1, 64, None, None)
