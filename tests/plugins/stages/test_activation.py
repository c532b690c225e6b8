"""One of Keras's activations."""

from __future__ import annotations

import keras
import numpy as np
import pytest

import kpool

X = np.random.default_rng(0).normal(size=(3, 5, 4)).astype("float32")


@pytest.mark.parametrize("name", ["relu", "softmax", "tanh"])
def test_is_the_one_of_that_name(name: str) -> None:
    expected = keras.activations.get(name)(X.mean(axis=1))
    np.testing.assert_allclose(kpool.head(f"mean | activation({name})")(X), expected, rtol=1e-5, atol=1e-7)


def test_unknown_name() -> None:
    with pytest.raises(kpool.SpecError, match="did you mean relu"):
        kpool.head("mean | activation(rellu)")
