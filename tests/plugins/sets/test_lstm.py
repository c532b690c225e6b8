"""c ← σ(f) c + σ(i) tanh(g), h ← σ(o) tanh(c), over the counted elements; y = h"""

from __future__ import annotations

import keras
import numpy as np
import pytest

from kpool_plugins.sets.lstm import LSTMPooling

from ..rows import assert_follows, bags


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def oracle(x: np.ndarray, layer: LSTMPooling) -> np.ndarray:
    answers = []
    for direction, elements in (("forward", x), ("backward", x[::-1]))[: 1 + layer.bidirectional]:
        w, u, b = (np.asarray(getattr(layer, f"{letter}_{direction}")) for letter in "WUb")
        h = c = np.zeros(len(u))
        for element in elements:
            i, f, g, o = np.split(element @ w + h @ u + b, 4)
            c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
            h = sigmoid(o) * np.tanh(c)
        answers.append(h)
    return np.concatenate(answers)


@pytest.mark.parametrize("units", [pytest.param(None, id="as wide as the input"), pytest.param(3, id="narrower")])
@pytest.mark.parametrize("bidirectional", [pytest.param(False, id="one way"), pytest.param(True, id="both ways")])
def test_follows_the_formula(units: int | None, bidirectional: bool) -> None:
    layer = LSTMPooling(units=units, bidirectional=bidirectional, dtype="float64")
    assert_follows(layer, lambda x: oracle(x, layer))


def test_is_the_layer_of_keras() -> None:
    """On gaps in the middle too, over which Keras carries the state."""
    (x, mask), ours, theirs = bags(), LSTMPooling(5), keras.layers.LSTM(5, use_cudnn=False)
    x, mask = np.nan_to_num(x).astype("float32")[:5], mask[:5]
    ours.build(x.shape)
    theirs.build(x.shape)
    theirs.set_weights(ours.get_weights())
    np.testing.assert_allclose(ours(x, mask=mask), theirs(x, mask=mask), rtol=1e-5, atol=1e-6)


def test_is_trained_under_xla() -> None:
    x, mask = np.nan_to_num(bags()[0]).astype("float32"), bags()[1]
    inputs, counted = keras.Input((None, 4)), keras.Input((None,), dtype="bool")
    model = keras.Model([inputs, counted], LSTMPooling(2)(inputs, mask=counted))
    model.compile(keras.optimizers.SGD(1.0), "mse", jit_compile=True)
    first = model.evaluate([x, mask], np.ones((6, 2)), verbose=0)
    model.fit([x, mask], np.ones((6, 2)), epochs=3, verbose=0)
    assert model.evaluate([x, mask], np.ones((6, 2)), verbose=0) < first
